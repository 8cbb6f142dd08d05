package sluice.linux.poll;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;
import sluice.ClosedPollableException;
import sluice.Pollable;
import sluice.internal.loop.SystemHost;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.PollFd;
import sluice.linux.abi.SysPoll;
import sluice.linux.abi.Timespec;
import sluice.linux.epoll.Waiter;
import sluice.linux.libc.Errno;
import sluice.linux.libc.EventFd;
import sluice.linux.libc.InterruptHook;
import sluice.linux.libc.Libc;
import sluice.linux.socket.Events;
import sluice.linux.socket.LinuxSource;
import sluice.spi.BlockedSelects;
import sluice.spi.Durations;
import sluice.spi.PollableBase;

/// One look at a set of descriptors with `ppoll`. Thread-safe.
///
/// Each descriptor is in use during the call, so that one which another thread closes is freed only
/// afterwards and no reused number is ever polled. One entry more is the eventfd by which a close
/// or an interrupt ends the wait.
public final class PollSelect {
  private static final int IDLE_MAX = 8;
  private static final long HOUR_NANOS = 3_600_000_000_000L;

  private final ConcurrentLinkedDeque<EventFd> idle = new ConcurrentLinkedDeque<>();

  /// See [sluice.spi.BackendProvider#select].
  public int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos)
      throws IOException {
    int acquired = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(PollFd.LAYOUT, sources.length + 1L);
      for (int i = 0; i < sources.length; i++) {
        PollableBase source = (PollableBase) sources[i];
        if (!source.acquire()) {
          return 0; // the caller finds out which one
        }
        acquired++;
        PollFd.set(fds, i, ((LinuxSource) source).fd(), Events.ofInterest(interests[i]));
      }
      int ready = look(arena, fds, sources, interests, readiness, 0);
      return ready != 0 || timeoutNanos == 0
          ? ready
          : await(arena, fds, sources, interests, readiness, timeoutNanos);
    } finally {
      for (int i = 0; i < acquired; i++) {
        ((PollableBase) sources[i]).release();
      }
    }
  }

  /// Polls once and reports.
  private static int look(
      Arena arena,
      MemorySegment fds,
      Pollable[] sources,
      int[] interests,
      int[] readiness,
      long timeoutNanos)
      throws IOException {
    // The last entry is the eventfd, unset until there is a wait.
    int result = ppoll(arena, fds, interests.length + (timeoutNanos == 0 ? 0 : 1), timeoutNanos);
    if (result < 0 && result != -ErrnoH.EINTR) {
      throw Errno.exception("ppoll", result);
    }
    int ready = 0;
    for (int i = 0; i < interests.length && result > 0; i++) {
      int revents = PollFd.revents(fds, i);
      if ((revents & SysPoll.POLLNVAL) != 0) {
        throw ClosedPollableException.ofNumber(sources[i]);
      }
      readiness[i] = Events.toReadiness(revents) & interests[i];
      if (readiness[i] != 0) {
        ready++;
      } else if (revents != 0) {
        // Hung up or failed, which poll always reports and this interest does not ask for: it would
        // end every wait at once. select(2) goes on sleeping, too.
        PollFd.mute(fds, i);
      }
    }
    return ready;
  }

  private int await(
      Arena arena,
      MemorySegment fds,
      Pollable[] sources,
      int[] interests,
      int[] readiness,
      long timeoutNanos)
      throws IOException {
    if (sources.length == 1
        && Thread.currentThread().isVirtual()
        && canBeShared(sources[0], fds)
        && Waiter.get()
            .await(
                (PollableBase) sources[0],
                PollFd.fd(fds, 0),
                PollFd.events(fds, 0),
                timeoutNanos)) {
      return look(arena, fds, sources, interests, readiness, 0);
    }
    EventFd wake = borrow();
    BlockedSelects.Wakeable wakeable = wake::signal;
    PollFd.set(fds, sources.length, wake.fd(), SysPoll.POLLIN);
    BlockedSelects.enter(wakeable);
    try {
      for (Pollable source : sources) { // after enter: a close from now on wakes us
        if (!source.isOpen()) {
          return 0;
        }
      }
      if (!Thread.currentThread().isVirtual()) {
        return awaitHere(arena, fds, sources, interests, readiness, timeoutNanos, wake);
      }
      Waiter.get().awaitAny(fds, sources.length + 1, timeoutNanos);
      return look(arena, fds, sources, interests, readiness, 0);
    } finally {
      BlockedSelects.leave(wakeable);
      giveBack(wake);
    }
  }

  /// Tells whether the only source can be put into the set that all virtual threads share: not if
  /// it is muted, or if its number may be another's by the time it is taken out again.
  private static boolean canBeShared(Pollable source, MemorySegment fds) {
    return PollFd.fd(fds, 0) >= 0 && !((LinuxSource) source).isBorrowed();
  }

  private static int awaitHere(
      Arena arena,
      MemorySegment fds,
      Pollable[] sources,
      int[] interests,
      int[] readiness,
      long timeoutNanos,
      EventFd wake)
      throws IOException {
    InterruptHook interrupts = new InterruptHook(wake::signal);
    interrupts.enter();
    try {
      long start = SystemHost.INSTANCE.nanoTime();
      long remaining = timeoutNanos;
      while (true) {
        int ready = look(arena, fds, sources, interests, readiness, remaining);
        if (ready != 0 || PollFd.revents(fds, interests.length) != 0) {
          return ready;
        }
        remaining = Durations.remaining(timeoutNanos, start, SystemHost.INSTANCE.nanoTime());
        if (remaining == 0) {
          return 0;
        }
      }
    } finally {
      interrupts.leave();
    }
  }

  private static int ppoll(Arena arena, MemorySegment fds, int count, long timeoutNanos) {
    if (timeoutNanos == Durations.FOREVER) {
      return Libc.ppoll(fds, count, MemorySegment.NULL);
    }
    MemorySegment timespec = arena.allocate(Timespec.LAYOUT);
    Timespec.set(timespec, Math.min(timeoutNanos, HOUR_NANOS)); // the caller waits again
    return Libc.ppoll(fds, count, timespec);
  }

  private EventFd borrow() throws IOException {
    EventFd wake = idle.pollFirst();
    return wake != null ? wake : new EventFd();
  }

  private void giveBack(EventFd wake) {
    if (idle.size() < IDLE_MAX) {
      wake.clear();
      idle.addFirst(wake);
    } else {
      wake.close();
    }
  }
}
