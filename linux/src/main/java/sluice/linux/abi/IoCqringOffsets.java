package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h: where the parts of the completion queue are in its mapping
/// struct io_cqring_offsets {
///   __u32 head, tail, ring_mask, ring_entries, overflow, cqes, flags, resv1;
///   __u64 resv2;
/// };
/// ```
public final class IoCqringOffsets {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_INT.withName("head"),
              JAVA_INT.withName("tail"),
              JAVA_INT.withName("ring_mask"),
              JAVA_INT.withName("ring_entries"),
              JAVA_INT.withName("overflow"),
              JAVA_INT.withName("cqes"),
              JAVA_INT.withName("flags"),
              JAVA_INT.withName("resv1"),
              JAVA_LONG.withName("resv2"))
          .withName("io_cqring_offsets");

  private IoCqringOffsets() {}
}
