package sluice.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import sluice.linux.abi.SysEventfd;

/// A descriptor that one thread makes readable to wake another. [#signal] is thread-safe.
public final class EventFd implements AutoCloseable {
  private final int fd;

  /// Opens one.
  public EventFd() throws IOException {
    fd = Libc.eventfd(0, SysEventfd.EFD_CLOEXEC | SysEventfd.EFD_NONBLOCK);
    if (fd < 0) {
      throw Errno.exception("eventfd", fd);
    }
  }

  /// Returns its number.
  public int fd() {
    return fd;
  }

  /// Makes it readable.
  public void signal() {
    int _ = Libc.eventfd_write(fd, 1); // EAGAIN: it is readable 2^64 times over
  }

  /// Makes it unreadable.
  public void clear() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_LONG);
      int _ = Libc.eventfd_read(fd, value); // EAGAIN: it was not readable
    }
  }

  @Override
  public void close() {
    int _ = Libc.close(fd);
  }
}
