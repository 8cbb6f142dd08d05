package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h: which operations the kernel knows
/// struct io_uring_probe {
///   __u8 last_op;
///   __u8 ops_len;
///   __u16 resv;
///   __u32 resv2[3];
///   struct io_uring_probe_op ops[];
/// };
/// ```
public final class IoUringProbe {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_BYTE.withName("last_op"),
              JAVA_BYTE.withName("ops_len"),
              MemoryLayout.paddingLayout(14))
          .withName("io_uring_probe");

  private IoUringProbe() {}
}
