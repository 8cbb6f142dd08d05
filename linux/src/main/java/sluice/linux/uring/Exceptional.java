package sluice.linux.uring;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import sluice.linux.abi.EpollEvent;
import sluice.linux.abi.SysEpoll;
import sluice.linux.libc.Libc;

/// Waits for an exceptional condition, through an epoll set of one descriptor that the ring polls.
///
/// A request that polls for it directly is never woken: the kernel takes `POLLPRI` out of what a
/// wake-up is compared with
/// ([poll.c](https://elixir.bootlin.com/linux/v6.12/source/io_uring/poll.c), `IO_ASYNC_POLL_COMMON`
/// in `io_poll_wake`).
final class Exceptional {
  private final int epfd;

  private Exceptional(int epfd) {
    this.epfd = epfd;
  }

  /// Returns null if that is not possible: no descriptor is left, or it is a file, which is ready.
  static @Nullable Exceptional open(int fd, int events) {
    int epfd = Libc.epoll_create1(SysEpoll.EPOLL_CLOEXEC);
    if (epfd < 0) {
      return null;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(EpollEvent.LAYOUT);
      EpollEvent.set(event, events, 0);
      if (Libc.epoll_ctl(epfd, SysEpoll.EPOLL_CTL_ADD, fd, event) < 0) {
        int _ = Libc.close(epfd);
        return null;
      }
    }
    return new Exceptional(epfd);
  }

  int fd() {
    return epfd;
  }

  /// Returns what the descriptor is ready for, as `poll` has it; 0 if for nothing.
  int events() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(EpollEvent.LAYOUT);
      return Libc.epoll_wait(epfd, event, 1, 0) > 0 ? EpollEvent.events(event, 0) : 0;
    }
  }

  void close() {
    int _ = Libc.close(epfd);
  }
}
