package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h: where the parts of the submission queue are in its mapping
/// struct io_sqring_offsets {
///   __u32 head, tail, ring_mask, ring_entries, flags, dropped, array, resv1;
///   __u64 resv2;
/// };
/// ```
public final class IoSqringOffsets {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_INT.withName("head"),
              JAVA_INT.withName("tail"),
              JAVA_INT.withName("ring_mask"),
              JAVA_INT.withName("ring_entries"),
              JAVA_INT.withName("flags"),
              JAVA_INT.withName("dropped"),
              JAVA_INT.withName("array"),
              JAVA_INT.withName("resv1"),
              JAVA_LONG.withName("resv2"))
          .withName("io_sqring_offsets");

  private IoSqringOffsets() {}
}
