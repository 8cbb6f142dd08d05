package sluice.linux.descriptor;

import java.io.IOException;
import sluice.Backend;
import sluice.Event;
import sluice.linux.abi.ErrnoH;
import sluice.linux.libc.Libc;

/// An eventfd.
final class LinuxEvent extends LinuxCounter implements Event {
  LinuxEvent(Backend backend, int fd) {
    super(backend, fd, "event");
  }

  @Override
  public boolean add(long n) throws IOException {
    if (n <= 0) {
      throw new IllegalArgumentException("n must be positive, not " + n);
    }
    begin();
    try {
      int result = Libc.eventfd_write(fd(), n);
      if (result < 0 && result != -ErrnoH.EAGAIN) {
        throw failed("add", result);
      }
      return result >= 0;
    } finally {
      release();
    }
  }
}
