package sluice.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import sluice.linux.abi.SysEventfd;
import sluice.spi.UseCounted;

/// A descriptor that one thread makes readable to wake another. [#signal] and [#close] are
/// thread-safe: a signal that comes too late never reaches the number's next owner.
public final class EventFd extends UseCounted implements AutoCloseable {
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

  /// Makes it readable. Does nothing if it is closed.
  public void signal() {
    if (acquire()) {
      int _ = Libc.eventfd_write(fd, 1); // EAGAIN: it is readable 2^64 times over
      release();
    }
  }

  /// Makes it unreadable.
  public void clear() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_LONG);
      int _ = Libc.eventfd_read(fd, value); // EAGAIN: it was not readable
    }
  }

  @Override
  protected void free() {
    int _ = Libc.close(fd);
  }

  @Override
  public void close() {
    if (markClosed()) {
      freeIfUnused();
    }
  }
}
