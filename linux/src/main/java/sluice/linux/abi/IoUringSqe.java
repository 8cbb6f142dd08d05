package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h; of each union the one member that is used
/// struct io_uring_sqe {
///   __u8 opcode;
///   __u8 flags;
///   __u16 ioprio;         // flags of an accept or a receive
///   __s32 fd;
///   __u64 off;
///   __u64 addr;
///   __u32 len;
///   __u32 msg_flags;      // poll32_events, accept_flags, cancel_flags
///   __u64 user_data;
///   __u16 buf_group;
///   __u16 personality;
///   __s32 splice_fd_in;   // since Linux 6.17 optlen: the most that a multishot receive takes in all
///   __u64 addr3;
///   __u64 __pad2[1];
/// };
/// ```
public final class IoUringSqe {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_BYTE.withName("opcode"),
              JAVA_BYTE.withName("flags"),
              JAVA_SHORT.withName("ioprio"),
              JAVA_INT.withName("fd"),
              JAVA_LONG.withName("off"),
              JAVA_LONG.withName("addr"),
              JAVA_INT.withName("len"),
              JAVA_INT.withName("msg_flags"),
              JAVA_LONG.withName("user_data"),
              JAVA_SHORT.withName("buf_group"),
              JAVA_SHORT.withName("personality"),
              JAVA_INT.withName("splice_fd_in"),
              JAVA_LONG.withName("addr3"),
              MemoryLayout.paddingLayout(8))
          .withName("io_uring_sqe");

  private static final long OPCODE = offset("opcode");
  private static final long FD = offset("fd");
  private static final long ADDR = offset("addr");
  private static final long LEN = offset("len");
  private static final long MSG_FLAGS = offset("msg_flags");
  private static final long USER_DATA = offset("user_data");
  private static final long BUF_GROUP = offset("buf_group");
  private static final long SPLICE_FD_IN = offset("splice_fd_in");

  private static final long SIZE = LAYOUT.byteSize();

  private IoUringSqe() {}

  private static long offset(String member) {
    return LAYOUT.byteOffset(PathElement.groupElement(member));
  }

  /// Fills entry `index` of an array; what is not given is 0.
  ///
  /// @param opcode the operation, with `flags` in its second byte and `ioprio` above
  public static void set(
      MemorySegment array,
      int index,
      int opcode,
      int fd,
      long addr,
      int len,
      int operationFlags,
      long userData) {
    long at = index * SIZE;
    array.set(JAVA_INT, at + OPCODE, opcode);
    array.set(JAVA_INT, at + FD, fd);
    array.set(JAVA_LONG, at + FD + Integer.BYTES, 0);
    array.set(JAVA_LONG, at + ADDR, addr);
    array.set(JAVA_INT, at + LEN, len);
    array.set(JAVA_INT, at + MSG_FLAGS, operationFlags);
    array.set(JAVA_LONG, at + USER_DATA, userData);
    array.set(JAVA_LONG, at + BUF_GROUP, 0);
    array.set(JAVA_LONG, at + BUF_GROUP + Long.BYTES, 0);
    array.set(JAVA_LONG, at + BUF_GROUP + 2 * Long.BYTES, 0);
  }

  /// Bounds what a multishot receive takes in all.
  public static void setTotal(MemorySegment array, int index, int bytes) {
    array.set(JAVA_INT, index * SIZE + SPLICE_FD_IN, bytes);
  }

  /// Returns `opcode`, `flags` and `ioprio` as [#set] takes them.
  public static int operation(int opcode, int flags, int ioprio) {
    return opcode | flags << 8 | ioprio << 16;
  }
}
