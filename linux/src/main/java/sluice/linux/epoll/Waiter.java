package sluice.linux.epoll;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import sluice.internal.loop.SystemHost;
import sluice.linux.abi.EpollEvent;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.PollFd;
import sluice.linux.abi.SysEpoll;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.spi.BlockedSelects;
import sluice.spi.Durations;
import sluice.spi.PollableBase;

/// Waits on behalf of virtual threads: one platform thread, one epoll set. A virtual thread that
/// waited in the kernel would keep its carrier, and a few of them all carriers.
///
/// One descriptor is watched as it is. Several are put into an epoll set of their own, which is
/// readable when anything in it is ready
/// ([epoll(7)](https://man7.org/linux/man-pages/man7/epoll.7.html), nesting). Thread-safe.
public final class Waiter {
  private static final int EVENTS_MAX = 512;
  private static @Nullable Waiter instance;

  private static final class Wait implements BlockedSelects.Wakeable {
    final Thread thread = Thread.currentThread();
    volatile boolean over;

    @Override
    public void wake() {
      over = true;
      LockSupport.unpark(thread);
    }
  }

  private final int epfd;
  private final AtomicLong ids = new AtomicLong();
  private final ConcurrentHashMap<Long, Wait> waits = new ConcurrentHashMap<>();

  private Waiter() throws IOException {
    epfd = Libc.epoll_create1(SysEpoll.EPOLL_CLOEXEC);
    if (epfd < 0) {
      throw Errno.exception("epoll_create1", epfd);
    }
    Thread.ofPlatform().daemon().name("sluice-waiter").start(this::run);
  }

  /// Returns the only one, started when it is first needed.
  public static synchronized Waiter get() throws IOException {
    Waiter current = instance;
    if (current == null) {
      instance = current = new Waiter();
    }
    return current;
  }

  /// Parks the calling thread until the epoll descriptor `nested` is readable, the thread is
  /// interrupted or the timeout has passed. The caller looks which.
  public void await(int nested, long timeoutNanos) throws IOException {
    int result = await(new Wait(), nested, SysEpoll.EPOLLIN, timeoutNanos);
    if (result < 0) {
      throw Errno.exception("epoll_ctl", result);
    }
  }

  /// Parks the calling thread until `source`, which is in use, is ready or closed, the thread is
  /// interrupted or the timeout has passed. The caller looks which.
  ///
  /// @return false if epoll does not take the descriptor: another thread waits for it already
  public boolean await(PollableBase source, int fd, int events, long timeoutNanos)
      throws IOException {
    Wait wait = new Wait();
    PollableBase.CloseListener closed = _ -> wait.wake();
    source.addCloseListener(closed);
    try {
      if (!source.isOpen()) {
        return true;
      }
      int result = await(wait, fd, events, timeoutNanos);
      if (result < 0 && result != -ErrnoH.EEXIST && result != -ErrnoH.EPERM) {
        throw Errno.exception("epoll_ctl", result);
      }
      return result >= 0;
    } finally {
      source.removeCloseListener(closed);
    }
  }

  private int await(Wait wait, int fd, int events, long timeoutNanos) {
    long id = ids.getAndIncrement();
    waits.put(id, wait);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(EpollEvent.LAYOUT);
      EpollEvent.set(event, events | SysEpoll.EPOLLONESHOT, id);
      int result = Libc.epoll_ctl(epfd, SysEpoll.EPOLL_CTL_ADD, fd, event);
      if (result < 0) {
        return result;
      }
      try {
        park(wait, timeoutNanos);
      } finally {
        int _ = Libc.epoll_ctl(epfd, SysEpoll.EPOLL_CTL_DEL, fd, event);
      }
      return 0;
    } finally {
      waits.remove(id);
    }
  }

  /// Parks the calling thread until a descriptor of an array of `pollfd` is ready, the thread is
  /// interrupted or the timeout has passed. The caller looks which.
  public void awaitAny(MemorySegment fds, int count, long timeoutNanos) throws IOException {
    int nested = Libc.epoll_create1(SysEpoll.EPOLL_CLOEXEC);
    if (nested < 0) {
      throw Errno.exception("epoll_create1", nested);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(EpollEvent.LAYOUT);
      for (int i = 0; i < count; i++) {
        if (PollFd.fd(fds, i) >= 0) {
          add(nested, fds, i, event);
        }
      }
      await(nested, timeoutNanos);
    } finally {
      int _ = Libc.close(nested);
    }
  }

  private static void add(int nested, MemorySegment fds, int index, MemorySegment event)
      throws IOException {
    int fd = PollFd.fd(fds, index);
    EpollEvent.set(event, PollFd.events(fds, index), 0);
    int result = Libc.epoll_ctl(nested, SysEpoll.EPOLL_CTL_ADD, fd, event);
    if (result == -ErrnoH.EEXIST) { // the same number twice, under two names
      int events = 0;
      for (int i = 0; i <= index; i++) {
        events |= PollFd.fd(fds, i) == fd ? PollFd.events(fds, i) : 0;
      }
      EpollEvent.set(event, events, 0);
      result = Libc.epoll_ctl(nested, SysEpoll.EPOLL_CTL_MOD, fd, event);
    }
    // EPERM: a file. The caller has asked already what it is ready for, and that never changes.
    if (result < 0 && result != -ErrnoH.EPERM) {
      throw Errno.exception("epoll_ctl", result);
    }
  }

  private void park(Wait wait, long timeoutNanos) {
    long start = SystemHost.INSTANCE.nanoTime();
    long remaining = timeoutNanos;
    while (!wait.over && remaining > 0 && !Thread.currentThread().isInterrupted()) {
      if (timeoutNanos == Durations.FOREVER) {
        LockSupport.park(this);
      } else {
        LockSupport.parkNanos(this, remaining);
        remaining = Durations.remaining(timeoutNanos, start, SystemHost.INSTANCE.nanoTime());
      }
    }
  }

  private void run() {
    MemorySegment events = Arena.global().allocate(EpollEvent.LAYOUT, EVENTS_MAX);
    while (true) {
      int count = Libc.epoll_wait(epfd, events, EVENTS_MAX, -1); // EINTR is the only failure left
      for (int i = 0; i < count; i++) {
        Wait wait = waits.get(EpollEvent.data(events, i));
        if (wait != null) {
          wait.wake();
        }
      }
    }
  }
}
