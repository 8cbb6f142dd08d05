package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h
/// struct io_uring_cqe {
///   __u64 user_data;
///   __s32 res;
///   __u32 flags;
/// };
/// ```
public final class IoUringCqe {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("user_data"), JAVA_INT.withName("res"), JAVA_INT.withName("flags"))
          .withName("io_uring_cqe");

  private static final long USER_DATA = offset("user_data");
  private static final long RES = offset("res");
  private static final long FLAGS = offset("flags");

  private IoUringCqe() {}

  private static long offset(String member) {
    return LAYOUT.byteOffset(PathElement.groupElement(member));
  }

  /// Returns `user_data` of the entry at `at`.
  public static long userData(MemorySegment memory, long at) {
    return memory.get(JAVA_LONG, at + USER_DATA);
  }

  /// Returns `res` of the entry at `at`.
  public static int result(MemorySegment memory, long at) {
    return memory.get(JAVA_INT, at + RES);
  }

  /// Returns `flags` of the entry at `at`.
  public static int flags(MemorySegment memory, long at) {
    return memory.get(JAVA_INT, at + FLAGS);
  }
}
