package sluice.linux.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static sluice.linux.libc.Downcalls.failure;
import static sluice.linux.libc.Downcalls.function;
import static sluice.linux.libc.Downcalls.result;
import static sluice.linux.libc.Downcalls.state;
import static sluice.linux.libc.Downcalls.variadicFunction;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import sluice.linux.abi.SysSyscall;

/// The C library's calls on files, pipes, timers, processes and whatever else has a descriptor.
/// Each method is its namesake, as in [Libc]. Thread-safe.
public final class LibcFiles {
  private static final ValueLayout.OfInt INT = JAVA_INT;
  private static final ValueLayout.OfLong LONG = JAVA_LONG;

  // ssize_t read(int fd, void *buf, size_t count)
  private static final MethodHandle READ = function("read", LONG, INT, ADDRESS, LONG);
  // ssize_t write(int fd, const void *buf, size_t count)
  private static final MethodHandle WRITE = function("write", LONG, INT, ADDRESS, LONG);
  // ssize_t preadv2(int fd, const struct iovec *iov, int iovcnt, off_t offset, int flags)
  private static final MethodHandle PREADV2 =
      function("preadv2", LONG, INT, ADDRESS, INT, LONG, INT);
  // ssize_t pwritev2(int fd, const struct iovec *iov, int iovcnt, off_t offset, int flags)
  private static final MethodHandle PWRITEV2 =
      function("pwritev2", LONG, INT, ADDRESS, INT, LONG, INT);
  // int open(const char *path, int flags, ...)
  private static final MethodHandle OPEN = variadicFunction("open", 2, INT, ADDRESS, INT);
  // int fcntl(int fd, int op, ...)
  private static final MethodHandle FCNTL = variadicFunction("fcntl", 2, INT, INT, INT, INT);
  // int statx(int dirfd, const char *path, int flags, unsigned int mask,
  //           struct statx *buf)
  private static final MethodHandle STATX = function("statx", INT, INT, ADDRESS, INT, INT, ADDRESS);
  // int isatty(int fd)
  private static final MethodHandle ISATTY = function("isatty", INT, INT);
  // int pipe2(int fds[2], int flags)
  private static final MethodHandle PIPE2 = function("pipe2", INT, ADDRESS, INT);
  // int timerfd_create(int clockid, int flags)
  private static final MethodHandle TIMERFD_CREATE = function("timerfd_create", INT, INT, INT);
  // int timerfd_settime(int fd, int flags, const struct itimerspec *new,
  //                     struct itimerspec *old)
  private static final MethodHandle TIMERFD_SETTIME =
      function("timerfd_settime", INT, INT, INT, ADDRESS, ADDRESS);
  // int inotify_init1(int flags)
  private static final MethodHandle INOTIFY_INIT1 = function("inotify_init1", INT, INT);
  // int inotify_add_watch(int fd, const char *path, uint32_t mask)
  private static final MethodHandle INOTIFY_ADD_WATCH =
      function("inotify_add_watch", INT, INT, ADDRESS, INT);
  // long syscall(long number, ...), here int pidfd_open(pid_t pid, unsigned int flags),
  // which glibc has since 2.36 only
  private static final MethodHandle PIDFD_OPEN =
      variadicFunction("syscall", 1, LONG, LONG, INT, INT);

  private LibcFiles() {}

  /// See [read(2)](https://man7.org/linux/man-pages/man2/read.2.html). It waits if the descriptor
  /// blocks.
  public static int read(int fd, MemorySegment buffer) {
    MemorySegment state = state();
    try {
      long result = (long) READ.invokeExact(state, fd, buffer, buffer.byteSize());
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [write(2)](https://man7.org/linux/man-pages/man2/write.2.html). It waits if the descriptor
  /// blocks.
  public static int write(int fd, MemorySegment buffer) {
    MemorySegment state = state();
    try {
      long result = (long) WRITE.invokeExact(state, fd, buffer, buffer.byteSize());
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [preadv2(2)](https://man7.org/linux/man-pages/man2/readv.2.html), with one buffer.
  public static int preadv2(int fd, MemorySegment iovec, long offset, int flags) {
    MemorySegment state = state();
    try {
      long result = (long) PREADV2.invokeExact(state, fd, iovec, 1, offset, flags);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [pwritev2(2)](https://man7.org/linux/man-pages/man2/readv.2.html), with one buffer.
  public static int pwritev2(int fd, MemorySegment iovec, long offset, int flags) {
    MemorySegment state = state();
    try {
      long result = (long) PWRITEV2.invokeExact(state, fd, iovec, 1, offset, flags);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [open(2)](https://man7.org/linux/man-pages/man2/open.2.html), of a file that exists.
  public static int open(MemorySegment path, int flags) {
    MemorySegment state = state();
    try {
      return result((int) OPEN.invokeExact(state, path, flags), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html), with an `int`.
  public static int fcntl(int fd, int operation, int argument) {
    MemorySegment state = state();
    try {
      return result((int) FCNTL.invokeExact(state, fd, operation, argument), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [statx(2)](https://man7.org/linux/man-pages/man2/statx.2.html).
  public static int statx(
      int dirfd, MemorySegment path, int flags, int mask, MemorySegment buffer) {
    MemorySegment state = state();
    try {
      return result((int) STATX.invokeExact(state, dirfd, path, flags, mask, buffer), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [isatty(3)](https://man7.org/linux/man-pages/man3/isatty.3.html): 1, or why not.
  public static int isatty(int fd) {
    MemorySegment state = state();
    try {
      int answer = (int) ISATTY.invokeExact(state, fd);
      return result(answer == 0 ? -1 : answer, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [pipe2(2)](https://man7.org/linux/man-pages/man2/pipe.2.html).
  public static int pipe2(MemorySegment fds, int flags) {
    MemorySegment state = state();
    try {
      return result((int) PIPE2.invokeExact(state, fds, flags), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [timerfd_create(2)](https://man7.org/linux/man-pages/man2/timerfd_create.2.html).
  public static int timerfd_create(int clock, int flags) {
    MemorySegment state = state();
    try {
      return result((int) TIMERFD_CREATE.invokeExact(state, clock, flags), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [timerfd_settime(2)](https://man7.org/linux/man-pages/man2/timerfd_create.2.html),
  /// relative.
  public static int timerfd_settime(int fd, MemorySegment timerspec) {
    MemorySegment state = state();
    try {
      return result(
          (int) TIMERFD_SETTIME.invokeExact(state, fd, 0, timerspec, MemorySegment.NULL), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [inotify_init1(2)](https://man7.org/linux/man-pages/man2/inotify_init.2.html).
  public static int inotify_init1(int flags) {
    MemorySegment state = state();
    try {
      return result((int) INOTIFY_INIT1.invokeExact(state, flags), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [inotify_add_watch(2)](https://man7.org/linux/man-pages/man2/inotify_add_watch.2.html).
  public static int inotify_add_watch(int fd, MemorySegment path, int mask) {
    MemorySegment state = state();
    try {
      return result((int) INOTIFY_ADD_WATCH.invokeExact(state, fd, path, mask), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html).
  public static int pidfd_open(int pid, int flags) {
    MemorySegment state = state();
    try {
      long result =
          (long) PIDFD_OPEN.invokeExact(state, (long) SysSyscall.SYS_pidfd_open, pid, flags);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }
}
