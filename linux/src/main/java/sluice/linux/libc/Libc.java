package sluice.linux.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static sluice.linux.libc.Downcalls.failure;
import static sluice.linux.libc.Downcalls.function;
import static sluice.linux.libc.Downcalls.heapFunction;
import static sluice.linux.libc.Downcalls.optionalFunction;
import static sluice.linux.libc.Downcalls.result;
import static sluice.linux.libc.Downcalls.state;
import static sluice.linux.libc.Downcalls.variadicFunction;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The C library. Each method is its namesake: the result if `>= 0`, otherwise the negated error
/// number. Nothing is retried here. Thread-safe.
///
/// Sockets, waiting and eventfds are here; files and the other kinds of descriptors in [LibcFiles].
public final class Libc {
  private static final ValueLayout.OfInt INT = JAVA_INT;
  private static final ValueLayout.OfLong LONG = JAVA_LONG;

  // int socket(int domain, int type, int protocol)
  private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);
  // int socketpair(int domain, int type, int protocol, int sv[2])
  private static final MethodHandle SOCKETPAIR =
      function("socketpair", INT, INT, INT, INT, ADDRESS);
  // int bind(int fd, const struct sockaddr *addr, socklen_t len)
  private static final MethodHandle BIND = function("bind", INT, INT, ADDRESS, INT);
  // int fchmod(int fd, mode_t mode)
  private static final MethodHandle FCHMOD = function("fchmod", INT, INT, INT);
  // int listen(int fd, int backlog)
  private static final MethodHandle LISTEN = function("listen", INT, INT, INT);
  // int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
  private static final MethodHandle ACCEPT4 = function("accept4", INT, INT, ADDRESS, ADDRESS, INT);
  // int connect(int fd, const struct sockaddr *addr, socklen_t len)
  private static final MethodHandle CONNECT = function("connect", INT, INT, ADDRESS, INT);
  // ssize_t recv(int fd, void *buf, size_t len, int flags)
  private static final MethodHandle RECV = function("recv", LONG, INT, ADDRESS, LONG, INT);
  // ssize_t send(int fd, const void *buf, size_t len, int flags)
  private static final MethodHandle SEND = function("send", LONG, INT, ADDRESS, LONG, INT);
  // ssize_t recvfrom(int fd, void *buf, size_t len, int flags,
  //                  struct sockaddr *addr, socklen_t *addrlen)
  private static final MethodHandle RECVFROM =
      function("recvfrom", LONG, INT, ADDRESS, LONG, INT, ADDRESS, ADDRESS);
  // ssize_t sendto(int fd, const void *buf, size_t len, int flags,
  //                const struct sockaddr *addr, socklen_t addrlen)
  private static final MethodHandle SENDTO =
      function("sendto", LONG, INT, ADDRESS, LONG, INT, ADDRESS, INT);
  // int shutdown(int fd, int how)
  private static final MethodHandle SHUTDOWN = function("shutdown", INT, INT, INT);
  // int close(int fd)
  private static final MethodHandle CLOSE = function("close", INT, INT);
  // int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
  private static final MethodHandle SETSOCKOPT =
      function("setsockopt", INT, INT, INT, INT, ADDRESS, INT);
  // int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
  private static final MethodHandle GETSOCKOPT =
      function("getsockopt", INT, INT, INT, INT, ADDRESS, ADDRESS);
  // int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
  private static final MethodHandle GETSOCKNAME =
      function("getsockname", INT, INT, ADDRESS, ADDRESS);
  // int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
  private static final MethodHandle GETPEERNAME =
      function("getpeername", INT, INT, ADDRESS, ADDRESS);
  // int ioctl(int fd, unsigned long request, ...), here with an int *
  private static final MethodHandle IOCTL = variadicFunction("ioctl", 2, INT, INT, LONG, ADDRESS);
  // int eventfd(unsigned int initval, int flags)
  private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
  // int eventfd_read(int fd, eventfd_t *value)
  private static final MethodHandle EVENTFD_READ = function("eventfd_read", INT, INT, ADDRESS);
  // int eventfd_write(int fd, eventfd_t value)
  private static final MethodHandle EVENTFD_WRITE = function("eventfd_write", INT, INT, LONG);
  // int epoll_create1(int flags)
  private static final MethodHandle EPOLL_CREATE1 = function("epoll_create1", INT, INT);
  // int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
  private static final MethodHandle EPOLL_CTL = function("epoll_ctl", INT, INT, INT, INT, ADDRESS);
  // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
  private static final MethodHandle EPOLL_WAIT =
      function("epoll_wait", INT, INT, ADDRESS, INT, INT);
  // int epoll_pwait2(int epfd, struct epoll_event *events, int maxevents,
  //                  const struct timespec *timeout, const sigset_t *sigmask)
  // since glibc 2.35
  private static final @Nullable MethodHandle EPOLL_PWAIT2 =
      optionalFunction("epoll_pwait2", INT, INT, ADDRESS, INT, ADDRESS, ADDRESS);
  // int ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *timeout,
  //           const sigset_t *sigmask)
  private static final MethodHandle PPOLL = function("ppoll", INT, ADDRESS, LONG, ADDRESS, ADDRESS);

  // The same on memory whose address is known.
  private static final MethodHandle RECV_AT = function("recv", LONG, INT, LONG, LONG, INT);
  private static final MethodHandle SEND_AT = function("send", LONG, INT, LONG, LONG, INT);

  // The same on memory of the Java heap. `critical` holds up the collector, so it is only for calls
  // that cannot wait, and for few bytes at a time.
  private static final MethodHandle RECV_HEAP = heapFunction("recv", LONG, INT, ADDRESS, LONG, INT);
  private static final MethodHandle SEND_HEAP = heapFunction("send", LONG, INT, ADDRESS, LONG, INT);

  private Libc() {}

  /// C would read and write beyond the end.
  private static void requireWithin(MemorySegment buffer, long length) {
    long room = buffer.byteSize();
    Objects.checkFromIndexSize(0, length, room);
  }

  /// See [socket(2)](https://man7.org/linux/man-pages/man2/socket.2.html).
  public static int socket(int domain, int type, int protocol) {
    MemorySegment state = state();
    try {
      return result((int) SOCKET.invokeExact(state, domain, type, protocol), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [socketpair(2)](https://man7.org/linux/man-pages/man2/socketpair.2.html).
  public static int socketpair(int domain, int type, int protocol, MemorySegment pair) {
    MemorySegment state = state();
    try {
      return result((int) SOCKETPAIR.invokeExact(state, domain, type, protocol, pair), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [bind(2)](https://man7.org/linux/man-pages/man2/bind.2.html).
  public static int bind(int fd, MemorySegment address, int length) {
    MemorySegment state = state();
    try {
      return result((int) BIND.invokeExact(state, fd, address, length), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [fchmod(2)](https://man7.org/linux/man-pages/man2/chmod.2.html).
  public static int fchmod(int fd, int mode) {
    MemorySegment state = state();
    try {
      return result((int) FCHMOD.invokeExact(state, fd, mode), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [listen(2)](https://man7.org/linux/man-pages/man2/listen.2.html).
  public static int listen(int fd, int backlog) {
    MemorySegment state = state();
    try {
      return result((int) LISTEN.invokeExact(state, fd, backlog), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [accept4(2)](https://man7.org/linux/man-pages/man2/accept.2.html).
  public static int accept4(int fd, MemorySegment address, MemorySegment length, int flags) {
    MemorySegment state = state();
    try {
      return result((int) ACCEPT4.invokeExact(state, fd, address, length, flags), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html).
  public static int connect(int fd, MemorySegment address, int length) {
    MemorySegment state = state();
    try {
      return result((int) CONNECT.invokeExact(state, fd, address, length), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [recv(2)](https://man7.org/linux/man-pages/man2/recv.2.html). The buffer may be on the
  /// heap if the descriptor is non-blocking.
  public static int recv(int fd, MemorySegment buffer, int flags) {
    MemorySegment state = state();
    try {
      long result =
          buffer.isNative()
              ? (long) RECV.invokeExact(state, fd, buffer, buffer.byteSize(), flags)
              : (long) RECV_HEAP.invokeExact(state, fd, buffer, buffer.byteSize(), flags);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [send(2)](https://man7.org/linux/man-pages/man2/send.2.html). The buffer may be on the
  /// heap if the descriptor is non-blocking.
  public static int send(int fd, MemorySegment buffer, int flags) {
    MemorySegment state = state();
    try {
      long result =
          buffer.isNative()
              ? (long) SEND.invokeExact(state, fd, buffer, buffer.byteSize(), flags)
              : (long) SEND_HEAP.invokeExact(state, fd, buffer, buffer.byteSize(), flags);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// [#recv] into `length` bytes at `address`, which the caller answers for.
  public static int recv(int fd, long address, int length, int flags) {
    MemorySegment state = state();
    try {
      long result = (long) RECV_AT.invokeExact(state, fd, address, (long) length, flags);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// [#send] of `length` bytes at `address`, which the caller answers for.
  public static int send(int fd, long address, int length, int flags) {
    MemorySegment state = state();
    try {
      long result = (long) SEND_AT.invokeExact(state, fd, address, (long) length, flags);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [recvfrom(2)](https://man7.org/linux/man-pages/man2/recv.2.html).
  public static int recvfrom(
      int fd,
      MemorySegment buffer,
      long length,
      int flags,
      MemorySegment address,
      MemorySegment addressLength) {
    requireWithin(buffer, length);
    MemorySegment state = state();
    try {
      long result =
          (long) RECVFROM.invokeExact(state, fd, buffer, length, flags, address, addressLength);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [sendto(2)](https://man7.org/linux/man-pages/man2/send.2.html).
  public static int sendto(
      int fd,
      MemorySegment buffer,
      long length,
      int flags,
      MemorySegment address,
      int addressLength) {
    requireWithin(buffer, length);
    MemorySegment state = state();
    try {
      long result =
          (long) SENDTO.invokeExact(state, fd, buffer, length, flags, address, addressLength);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [shutdown(2)](https://man7.org/linux/man-pages/man2/shutdown.2.html).
  public static int shutdown(int fd, int how) {
    MemorySegment state = state();
    try {
      return result((int) SHUTDOWN.invokeExact(state, fd, how), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [close(2)](https://man7.org/linux/man-pages/man2/close.2.html). Never repeat it, not even
  /// after EINTR: the number is free already and may be another's.
  public static int close(int fd) {
    MemorySegment state = state();
    try {
      return result((int) CLOSE.invokeExact(state, fd), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [setsockopt(2)](https://man7.org/linux/man-pages/man2/setsockopt.2.html).
  public static int setsockopt(int fd, int level, int name, MemorySegment value) {
    MemorySegment state = state();
    try {
      return result(
          (int) SETSOCKOPT.invokeExact(state, fd, level, name, value, (int) value.byteSize()),
          state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [getsockopt(2)](https://man7.org/linux/man-pages/man2/getsockopt.2.html).
  public static int getsockopt(
      int fd, int level, int name, MemorySegment value, MemorySegment length) {
    MemorySegment state = state();
    try {
      return result((int) GETSOCKOPT.invokeExact(state, fd, level, name, value, length), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [getsockname(2)](https://man7.org/linux/man-pages/man2/getsockname.2.html).
  public static int getsockname(int fd, MemorySegment address, MemorySegment length) {
    MemorySegment state = state();
    try {
      return result((int) GETSOCKNAME.invokeExact(state, fd, address, length), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [getpeername(2)](https://man7.org/linux/man-pages/man2/getpeername.2.html).
  public static int getpeername(int fd, MemorySegment address, MemorySegment length) {
    MemorySegment state = state();
    try {
      return result((int) GETPEERNAME.invokeExact(state, fd, address, length), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [ioctl(2)](https://man7.org/linux/man-pages/man2/ioctl.2.html), with an `int *`.
  public static int ioctl(int fd, long request, MemorySegment value) {
    MemorySegment state = state();
    try {
      return result((int) IOCTL.invokeExact(state, fd, request, value), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [eventfd(2)](https://man7.org/linux/man-pages/man2/eventfd.2.html).
  public static int eventfd(int initial, int flags) {
    MemorySegment state = state();
    try {
      return result((int) EVENTFD.invokeExact(state, initial, flags), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// Reads and clears the counter of an eventfd.
  public static int eventfd_read(int fd, MemorySegment value) {
    MemorySegment state = state();
    try {
      return result((int) EVENTFD_READ.invokeExact(state, fd, value), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// Adds to the counter of an eventfd.
  public static int eventfd_write(int fd, long value) {
    MemorySegment state = state();
    try {
      return result((int) EVENTFD_WRITE.invokeExact(state, fd, value), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [epoll_create1(2)](https://man7.org/linux/man-pages/man2/epoll_create.2.html).
  public static int epoll_create1(int flags) {
    MemorySegment state = state();
    try {
      return result((int) EPOLL_CREATE1.invokeExact(state, flags), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [epoll_ctl(2)](https://man7.org/linux/man-pages/man2/epoll_ctl.2.html).
  public static int epoll_ctl(int epfd, int op, int fd, MemorySegment event) {
    MemorySegment state = state();
    try {
      return result((int) EPOLL_CTL.invokeExact(state, epfd, op, fd, event), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [epoll_wait(2)](https://man7.org/linux/man-pages/man2/epoll_wait.2.html).
  public static int epoll_wait(int epfd, MemorySegment events, int max, int timeoutMillis) {
    MemorySegment state = state();
    try {
      return result((int) EPOLL_WAIT.invokeExact(state, epfd, events, max, timeoutMillis), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// Tells whether the C library has [#epoll_pwait2]; the kernel may still refuse it.
  public static boolean hasEpollPwait2() {
    return EPOLL_PWAIT2 != null;
  }

  /// See [epoll_pwait2(2)](https://man7.org/linux/man-pages/man2/epoll_wait.2.html); no signal
  /// mask.
  public static int epoll_pwait2(int epfd, MemorySegment events, int max, MemorySegment timeout) {
    MemorySegment state = state();
    MethodHandle handle = EPOLL_PWAIT2;
    if (handle == null) {
      throw new IllegalStateException("this C library has no epoll_pwait2");
    }
    try {
      return result(
          (int) handle.invokeExact(state, epfd, events, max, timeout, MemorySegment.NULL), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [ppoll(2)](https://man7.org/linux/man-pages/man2/poll.2.html); no signal mask.
  public static int ppoll(MemorySegment fds, long count, MemorySegment timeout) {
    MemorySegment state = state();
    try {
      return result((int) PPOLL.invokeExact(state, fds, count, timeout, MemorySegment.NULL), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }
}
