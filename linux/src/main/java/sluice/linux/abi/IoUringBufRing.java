package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h: overlays entry 0 of the array of buffers
/// struct io_uring_buf_ring {
///   __u64 resv1;
///   __u32 resv2;
///   __u16 resv3;
///   __u16 tail;
/// };
/// ```
///
/// See
/// [io_uring_register_buf_ring(3)](https://man7.org/linux/man-pages/man3/io_uring_register_buf_ring.3.html).
public final class IoUringBufRing {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("resv1"),
              JAVA_INT.withName("resv2"),
              JAVA_SHORT.withName("resv3"),
              JAVA_SHORT.withName("tail"))
          .withName("io_uring_buf_ring");

  /// Where the tail is.
  public static final long TAIL = LAYOUT.byteOffset(PathElement.groupElement("tail"));

  private IoUringBufRing() {}
}
