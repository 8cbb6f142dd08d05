package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // sys/uio.h
/// struct iovec {
///   void *iov_base;
///   size_t iov_len;
/// };
/// ```
public final class Iovec {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(ADDRESS.withName("iov_base"), JAVA_LONG.withName("iov_len"))
          .withName("iovec");

  private static final long BASE = LAYOUT.byteOffset(PathElement.groupElement("iov_base"));
  private static final long LENGTH = LAYOUT.byteOffset(PathElement.groupElement("iov_len"));

  private Iovec() {}

  /// Describes `buffer`, which must be native memory.
  public static void set(MemorySegment iovec, MemorySegment buffer) {
    iovec.set(ADDRESS, BASE, buffer);
    iovec.set(JAVA_LONG, LENGTH, buffer.byteSize());
  }
}
