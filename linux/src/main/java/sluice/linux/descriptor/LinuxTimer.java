package sluice.linux.descriptor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import sluice.Backend;
import sluice.Timer;
import sluice.linux.abi.Itimerspec;
import sluice.linux.libc.LibcFiles;
import sluice.spi.Durations;

/// A timerfd.
final class LinuxTimer extends LinuxCounter implements Timer {
  LinuxTimer(Backend backend, int fd) {
    super(backend, fd, "timer");
  }

  @Override
  public void start(Duration delay) throws IOException {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay must not be negative, but is " + delay);
    }
    set(Math.max(1, Durations.saturatedNanos(delay)), 0); // 0 would stop it
  }

  @Override
  public void startEvery(Duration interval) throws IOException {
    if (!interval.isPositive()) {
      throw new IllegalArgumentException("interval must be positive, not " + interval);
    }
    long nanos = Durations.saturatedNanos(interval);
    set(nanos, nanos);
  }

  @Override
  public void stop() throws IOException {
    set(0, 0);
  }

  private void set(long firstNanos, long intervalNanos) throws IOException {
    begin();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment timerspec = arena.allocate(Itimerspec.LAYOUT);
      Itimerspec.set(timerspec, firstNanos, intervalNanos);
      int result = LibcFiles.timerfd_settime(fd(), timerspec);
      if (result < 0) {
        throw failed("set", result);
      }
    } finally {
      release();
    }
  }
}
