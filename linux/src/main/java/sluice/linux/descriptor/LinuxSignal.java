package sluice.linux.descriptor;

import sluice.Backend;
import sluice.linux.libc.Libc;

/// An eventfd that counts arrivals of a signal.
final class LinuxSignal extends LinuxCounter {
  private final String name;

  LinuxSignal(Backend backend, int fd, String name) {
    super(backend, fd, "signal " + name);
    this.name = name;
  }

  /// Counts one. From any thread.
  void arrive() {
    if (acquire()) {
      int _ = Libc.eventfd_write(fd(), 1); // EAGAIN: it has arrived 2^64 times
      release();
    }
  }

  @Override
  protected void free() {
    Signals.remove(name, this);
    super.free();
  }
}
