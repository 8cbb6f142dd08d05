package sluice.linux.socket;

import sluice.linux.abi.SysPoll;

/// The bits of `poll` and `epoll`, which are the same, to and from those of the API.
///
/// The meaning is that of the kernel's `select`: readable is IN, HUP or ERR, writable is OUT or
/// ERR, exceptional is PRI
/// ([fs/select.c](https://elixir.bootlin.com/linux/v6.12/source/fs/select.c), `POLLIN_SET` and so
/// on).
public final class Events {
  private static final int READABLE = SysPoll.POLLIN | SysPoll.POLLHUP | SysPoll.POLLERR;
  private static final int WRITABLE = SysPoll.POLLOUT | SysPoll.POLLERR;

  private Events() {}

  /// Returns what to ask the kernel for.
  public static int ofInterest(int interest) {
    return ((interest & 1) != 0 ? SysPoll.POLLIN : 0)
        | ((interest & 2) != 0 ? SysPoll.POLLOUT : 0)
        | ((interest & 4) != 0 ? SysPoll.POLLPRI : 0);
  }

  /// Returns the mask of [sluice.Readiness#ofMask] for what the kernel reported.
  public static int toReadiness(int events) {
    return ((events & READABLE) != 0 ? 1 : 0)
        | ((events & WRITABLE) != 0 ? 2 : 0)
        | ((events & SysPoll.POLLPRI) != 0 ? 4 : 0)
        | ((events & SysPoll.POLLHUP) != 0 ? 8 : 0)
        | ((events & SysPoll.POLLERR) != 0 ? 16 : 0);
  }
}
