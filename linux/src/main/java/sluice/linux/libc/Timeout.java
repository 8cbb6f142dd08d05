package sluice.linux.libc;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import sluice.linux.abi.Timespec;
import sluice.spi.Durations;

/// The timeout of a call that waits, as C has it. Confined to its owner.
public final class Timeout {
  /// A longer wait is cut: the caller waits again.
  private static final long NANOS_MAX = 3_600_000_000_000L;

  private final MemorySegment timespec;

  /// @param allocator where its memory is
  public Timeout(SegmentAllocator allocator) {
    timespec = allocator.allocate(Timespec.LAYOUT);
  }

  /// Returns what to pass for a timeout in nanoseconds: a `struct timespec *`, good until the next
  /// call of this, or `NULL` for [Durations#FOREVER].
  public MemorySegment of(long nanos) {
    if (nanos == Durations.FOREVER) {
      return MemorySegment.NULL;
    }
    Timespec.set(timespec, Math.min(nanos, NANOS_MAX));
    return timespec;
  }
}
