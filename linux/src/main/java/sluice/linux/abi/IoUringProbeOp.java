package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h
/// struct io_uring_probe_op {
///   __u8 op;
///   __u8 resv;
///   __u16 flags;
///   __u32 resv2;
/// };
/// ```
public final class IoUringProbeOp {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_BYTE.withName("op"),
              MemoryLayout.paddingLayout(1),
              JAVA_SHORT.withName("flags"),
              MemoryLayout.paddingLayout(4))
          .withName("io_uring_probe_op");

  private static final long FLAGS = offset("flags");

  private IoUringProbeOp() {}

  private static long offset(String member) {
    return LAYOUT.byteOffset(PathElement.groupElement(member));
  }

  /// Returns how large a probe of `count` operations is.
  public static long probeBytes(int count) {
    return IoUringProbe.LAYOUT.byteSize() + count * LAYOUT.byteSize();
  }

  /// Tells whether a probe says that `operation` is known.
  public static boolean isKnown(MemorySegment probe, int operation) {
    long at = probeBytes(operation);
    return (probe.get(JAVA_SHORT, at + FLAGS) & IoUring.IO_URING_OP_SUPPORTED) != 0;
  }
}
