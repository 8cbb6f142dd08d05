package sluice.linux.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import sluice.linux.abi.PollFd;
import sluice.linux.abi.Timespec;

/// A look at one descriptor, without waiting.
public final class PollOnce {
  private PollOnce() {}

  /// Returns which of `events`, hang-up and error hold, 0 for none, or the negated errno.
  public static int look(int fd, int events) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocate(PollFd.LAYOUT);
      PollFd.set(one, 0, fd, events);
      int result = Libc.ppoll(one, 1, arena.allocate(Timespec.LAYOUT));
      return result < 0 ? result : PollFd.revents(one, 0);
    }
  }
}
