package sluice.linux.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // time.h
/// struct itimerspec {
///   struct timespec it_interval;
///   struct timespec it_value;
/// };
/// ```
public final class Itimerspec {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              Timespec.LAYOUT.withName("it_interval"), Timespec.LAYOUT.withName("it_value"))
          .withName("itimerspec");

  private static final long INTERVAL = LAYOUT.byteOffset(PathElement.groupElement("it_interval"));
  private static final long VALUE = LAYOUT.byteOffset(PathElement.groupElement("it_value"));

  private Itimerspec() {}

  /// Sets the first expiration and the interval after it, in nanoseconds; 0 is none.
  public static void set(MemorySegment timerspec, long firstNanos, long intervalNanos) {
    Timespec.set(timerspec.asSlice(INTERVAL, Timespec.LAYOUT), intervalNanos);
    Timespec.set(timerspec.asSlice(VALUE, Timespec.LAYOUT), firstNanos);
  }
}
