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
import sluice.linux.epoll.Waiter;
import sluice.linux.libc.Errno;
import sluice.linux.libc.EventFd;
import sluice.linux.libc.InterruptHook;
import sluice.linux.libc.Libc;
import sluice.linux.libc.Timeout;
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

  private final ConcurrentLinkedDeque<EventFd> idle = new ConcurrentLinkedDeque<>();

  /// See [sluice.spi.BackendProvider#select].
  public int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos)
      throws IOException {
    int acquired = 0;
    try (Arena arena = Arena.ofConfined()) {
      Call call = new Call(arena, sources, interests, readiness);
      for (int i = 0; i < sources.length; i++) {
        PollableBase source = (PollableBase) sources[i];
        if (!source.acquire()) {
          return 0; // the caller finds out which one
        }
        acquired++;
        PollFd.set(call.fds, i, ((LinuxSource) source).fd(), Events.ofInterest(interests[i]));
      }
      int ready = call.look(0);
      return ready != 0 || timeoutNanos == 0 ? ready : await(call, timeoutNanos);
    } finally {
      for (int i = 0; i < acquired; i++) {
        ((PollableBase) sources[i]).release();
      }
    }
  }

  private int await(Call call, long timeoutNanos) throws IOException {
    boolean virtual = Thread.currentThread().isVirtual();
    if (virtual && call.canShareTheWaiter() && call.awaitInTheWaiter(timeoutNanos)) {
      return call.look(0);
    }
    EventFd wake = borrow();
    BlockedSelects.Wakeable wakeable = wake::signal;
    PollFd.set(call.fds, call.sources.length, wake.fd(), SysPoll.POLLIN);
    BlockedSelects.enter(wakeable);
    try {
      for (Pollable source : call.sources) { // after enter: a close from now on wakes us
        if (!source.isOpen()) {
          return 0;
        }
      }
      if (!virtual) {
        return call.awaitHere(timeoutNanos, wake);
      }
      Waiter.get().awaitAny(call.fds, call.sources.length + 1, timeoutNanos);
      return call.look(0);
    } finally {
      BlockedSelects.leave(wakeable);
      giveBack(wake);
    }
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

  /// One call, with its array for the system. Its sources are in use.
  private static final class Call {
    final Pollable[] sources;
    private final int[] interests;
    private final int[] readiness;

    /// One entry for each source, and the last for the eventfd, unset until there is a wait.
    final MemorySegment fds;

    private final Timeout timeout;

    Call(Arena arena, Pollable[] sources, int[] interests, int[] readiness) {
      this.sources = sources;
      this.interests = interests;
      this.readiness = readiness;
      fds = arena.allocate(PollFd.LAYOUT, sources.length + 1L);
      timeout = new Timeout(arena);
    }

    /// Polls once and reports.
    int look(long timeoutNanos) throws IOException {
      int count = sources.length + (timeoutNanos == 0 ? 0 : 1);
      int result = Libc.ppoll(fds, count, timeout.of(timeoutNanos));
      if (result < 0 && result != -ErrnoH.EINTR) {
        throw Errno.exception("ppoll", result);
      }
      int ready = 0;
      for (int i = 0; i < sources.length && result > 0; i++) {
        int revents = PollFd.revents(fds, i);
        if ((revents & SysPoll.POLLNVAL) != 0) {
          throw ClosedPollableException.ofNumber(sources[i]);
        }
        readiness[i] = Events.toReadiness(revents) & interests[i];
        if (readiness[i] != 0) {
          ready++;
        } else if (revents != 0) {
          // Hung up or failed, which poll always reports and this interest does not ask for: it
          // would end every wait at once. select(2) goes on sleeping, too.
          PollFd.mute(fds, i);
        }
      }
      return ready;
    }

    /// Tells whether there is one source only, and it can be put into the set that all virtual
    /// threads share: not if it is muted, or if its number may be another's by the time it is taken
    /// out again.
    boolean canShareTheWaiter() {
      return sources.length == 1
          && PollFd.fd(fds, 0) >= 0
          && !((LinuxSource) sources[0]).isBorrowed();
    }

    /// See [Waiter#await(PollableBase, int, int, long)].
    boolean awaitInTheWaiter(long timeoutNanos) throws IOException {
      return Waiter.get()
          .await((PollableBase) sources[0], PollFd.fd(fds, 0), PollFd.events(fds, 0), timeoutNanos);
    }

    int awaitHere(long timeoutNanos, EventFd wake) throws IOException {
      InterruptHook interrupts = new InterruptHook(wake::signal);
      interrupts.enter();
      try {
        long start = SystemHost.INSTANCE.nanoTime();
        long remaining = timeoutNanos;
        while (true) {
          int ready = look(remaining);
          if (ready != 0 || PollFd.revents(fds, sources.length) != 0) {
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
  }
}
