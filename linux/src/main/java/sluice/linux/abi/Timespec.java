package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // time.h, on 64-bit systems
/// struct timespec {
///   time_t tv_sec;
///   long tv_nsec;
/// };
/// ```
public final class Timespec {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(JAVA_LONG.withName("tv_sec"), JAVA_LONG.withName("tv_nsec"))
          .withName("timespec");

  private static final long SEC = LAYOUT.byteOffset(PathElement.groupElement("tv_sec"));
  private static final long NSEC = LAYOUT.byteOffset(PathElement.groupElement("tv_nsec"));
  private static final long SECOND = 1_000_000_000L;

  private Timespec() {}

  /// Sets a duration.
  public static void set(MemorySegment timespec, long nanos) {
    timespec.set(JAVA_LONG, SEC, nanos / SECOND);
    timespec.set(JAVA_LONG, NSEC, nanos % SECOND);
  }
}
