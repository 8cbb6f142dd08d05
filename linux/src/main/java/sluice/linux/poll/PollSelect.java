package sluice.linux.poll;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import sluice.Pollable;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.PollFd;
import sluice.linux.abi.SysPoll;
import sluice.linux.abi.Timespec;
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

  private final ConcurrentLinkedDeque<EventFd> idle = new ConcurrentLinkedDeque<>();

  /// Waits for virtual threads: a native wait would keep a carrier, and a few of them all carriers.
  private final ExecutorService waiters =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("sluice-select-", 0).factory());

  /// See [sluice.spi.BackendProvider#select].
  public int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos)
      throws IOException {
    int acquired = 0;
    try (Arena arena = Arena.ofShared()) { // a waiter thread may be the one to read it
      MemorySegment fds = arena.allocate(PollFd.LAYOUT, sources.length + 1L);
      for (int i = 0; i < sources.length; i++) {
        PollableBase source = (PollableBase) sources[i];
        if (!source.acquire()) {
          return 0; // the caller finds out which one
        }
        acquired++;
        PollFd.set(fds, i, ((LinuxSource) source).fd(), Events.ofInterest(interests[i]));
      }
      int result =
          timeoutNanos == 0
              ? ppoll(arena, fds, sources.length, 0)
              : await(arena, fds, sources, timeoutNanos);
      if (result < 0 && result != -ErrnoH.EINTR) {
        throw Errno.exception("ppoll", result);
      }
      return result <= 0 ? 0 : report(fds, sources.length, interests, readiness);
    } finally {
      for (int i = 0; i < acquired; i++) {
        ((PollableBase) sources[i]).release();
      }
    }
  }

  private static int report(MemorySegment fds, int count, int[] interests, int[] readiness)
      throws IOException {
    int ready = 0;
    for (int i = 0; i < count; i++) {
      int revents = PollFd.revents(fds, i);
      if ((revents & SysPoll.POLLNVAL) != 0) {
        throw new AssertionError("a descriptor in use was closed by foreign code");
      }
      readiness[i] = Events.toReadiness(revents) & interests[i];
      ready += readiness[i] != 0 ? 1 : 0;
    }
    return ready;
  }

  private int await(Arena arena, MemorySegment fds, Pollable[] sources, long timeoutNanos)
      throws IOException {
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
      return Thread.currentThread().isVirtual()
          ? awaitElsewhere(arena, fds, sources.length + 1, timeoutNanos, wake)
          : awaitHere(arena, fds, sources.length + 1, timeoutNanos, wake);
    } finally {
      BlockedSelects.leave(wakeable);
      giveBack(wake);
    }
  }

  private static int awaitHere(
      Arena arena, MemorySegment fds, int count, long timeoutNanos, EventFd wake) {
    InterruptHook interrupts = new InterruptHook(wake::signal);
    interrupts.enter();
    try {
      return ppoll(arena, fds, count, timeoutNanos);
    } finally {
      interrupts.leave();
    }
  }

  private int awaitElsewhere(
      Arena arena, MemorySegment fds, int count, long timeoutNanos, EventFd wake) {
    Future<Integer> outcome = waiters.submit(() -> ppoll(arena, fds, count, timeoutNanos));
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return outcome.get();
        } catch (InterruptedException _) {
          interrupted = true;
          wake.signal(); // and wait for it: the memory is still in use
        } catch (ExecutionException e) {
          throw new AssertionError("ppoll failed", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static int ppoll(Arena arena, MemorySegment fds, int count, long timeoutNanos) {
    if (timeoutNanos == Durations.FOREVER) {
      return Libc.ppoll(fds, count, MemorySegment.NULL);
    }
    MemorySegment timespec = arena.allocate(Timespec.LAYOUT);
    Timespec.set(timespec, timeoutNanos);
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
