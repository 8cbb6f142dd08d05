package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // poll.h
/// struct pollfd {
///   int fd;
///   short events;
///   short revents;
/// };
/// ```
///
/// See [poll(2)](https://man7.org/linux/man-pages/man2/poll.2.html).
public final class PollFd {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_INT.withName("fd"),
              JAVA_SHORT.withName("events"),
              JAVA_SHORT.withName("revents"))
          .withName("pollfd");

  private static final long FD = LAYOUT.byteOffset(PathElement.groupElement("fd"));
  private static final long EVENTS = LAYOUT.byteOffset(PathElement.groupElement("events"));
  private static final long REVENTS = LAYOUT.byteOffset(PathElement.groupElement("revents"));
  private static final long SIZE = LAYOUT.byteSize();

  private PollFd() {}

  /// Fills entry `index` of an array.
  public static void set(MemorySegment array, int index, int fd, int events) {
    array.set(JAVA_INT, index * SIZE + FD, fd);
    array.set(JAVA_SHORT, index * SIZE + EVENTS, (short) events);
    array.set(JAVA_SHORT, index * SIZE + REVENTS, (short) 0);
  }

  /// Returns `fd` of entry `index` of an array.
  public static int fd(MemorySegment array, int index) {
    return array.get(JAVA_INT, index * SIZE + FD);
  }

  /// Returns `events` of entry `index` of an array.
  public static int events(MemorySegment array, int index) {
    return array.get(JAVA_SHORT, index * SIZE + EVENTS);
  }

  /// Makes the kernel pass over entry `index`: it does so if `fd` is negative.
  public static void mute(MemorySegment array, int index) {
    array.set(JAVA_INT, index * SIZE + FD, -1);
  }

  /// Returns `revents` of entry `index` of an array.
  public static int revents(MemorySegment array, int index) {
    return array.get(JAVA_SHORT, index * SIZE + REVENTS) & 0xFFFF;
  }
}
