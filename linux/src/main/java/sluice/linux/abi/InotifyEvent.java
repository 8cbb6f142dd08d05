package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // sys/inotify.h
/// struct inotify_event {
///   int wd;
///   uint32_t mask;
///   uint32_t cookie;
///   uint32_t len;
///   char name[];   // len bytes, with its NUL and padding
/// };
/// ```
///
/// See [inotify(7)](https://man7.org/linux/man-pages/man7/inotify.7.html).
public final class InotifyEvent {
  /// The layout, without the name.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_INT.withName("wd"),
              JAVA_INT.withName("mask"),
              JAVA_INT.withName("cookie"),
              JAVA_INT.withName("len"))
          .withName("inotify_event");

  private static final long WD = LAYOUT.byteOffset(PathElement.groupElement("wd"));
  private static final long MASK = LAYOUT.byteOffset(PathElement.groupElement("mask"));
  private static final long LEN = LAYOUT.byteOffset(PathElement.groupElement("len"));
  private static final long SIZE = LAYOUT.byteSize();

  private InotifyEvent() {}

  /// Returns `wd` of the event at `offset`.
  public static int wd(MemorySegment events, long offset) {
    return events.get(JAVA_INT, offset + WD);
  }

  /// Returns `mask` of the event at `offset`.
  public static int mask(MemorySegment events, long offset) {
    return events.get(JAVA_INT, offset + MASK);
  }

  /// Returns the name in the event at `offset`, empty if it has none.
  public static String name(MemorySegment events, long offset) {
    return len(events, offset) == 0 ? "" : events.getString(offset + SIZE);
  }

  /// Returns how many bytes the event at `offset` has, with its name.
  public static long size(MemorySegment events, long offset) {
    return SIZE + len(events, offset);
  }

  private static int len(MemorySegment events, long offset) {
    return events.get(JAVA_INT, offset + LEN);
  }
}
