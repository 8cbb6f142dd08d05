package sluice.linux.descriptor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.Fcntl;
import sluice.linux.abi.Iovec;
import sluice.linux.abi.Statx;
import sluice.linux.abi.SysPoll;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Libc;
import sluice.linux.libc.LibcFiles;
import sluice.linux.libc.PollOnce;

/// Reads and writes a descriptor that may be in blocking mode, without waiting and without changing
/// that mode.
///
/// A socket takes `MSG_DONTWAIT`, a pipe and most of the kernel's own kinds `RWF_NOWAIT`. FIFOs and
/// terminals know neither: they are opened a second time through `/proc/self/fd`, which gives an
/// open file description of our own, with `O_NONBLOCK`. What is left is asked by `ppoll` first,
/// which another reader of the same descriptor can outrun.
///
/// Confined to the descriptor's owner.
final class Access {
  /// `Documentation/admin-guide/devices.txt`: opening it again makes another terminal.
  private static final int PTMX_MAJOR = 5;

  private static final int PTMX_MINOR = 2;

  /// What a terminal that says it is writable takes for sure (`WAKEUP_CHARS` in n_tty.c).
  private static final int POLLED_WRITE_MAX = 256;

  private enum Way {
    /// It never waits: a file, or opened by us with `O_NONBLOCK`.
    DIRECT,
    SOCKET,
    NOWAIT,
    POLLED
  }

  private final int fd;
  private Way reading;
  private Way writing;

  /// Our own open file description of the same file, if there had to be one.
  private int reopened = -1;

  private Access(int fd, Way way) {
    this.fd = fd;
    reading = way;
    writing = way;
  }

  /// For a descriptor that was opened with `O_NONBLOCK` and is nobody else's.
  static Access ofNonBlocking(int fd) {
    return new Access(fd, Way.DIRECT);
  }

  /// For a descriptor of which nothing is known.
  static Access of(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      return new Access(
          fd,
          switch (type(arena, fd)) {
            case Fcntl.S_IFREG, Fcntl.S_IFDIR -> Way.DIRECT;
            case Fcntl.S_IFSOCK -> Way.SOCKET;
            default -> Way.NOWAIT;
          });
    }
  }

  private static MemorySegment statx(Arena arena, int fd) {
    MemorySegment status = arena.allocate(Statx.LAYOUT);
    int _ =
        LibcFiles.statx(fd, arena.allocateFrom(""), Fcntl.AT_EMPTY_PATH, Fcntl.STATX_TYPE, status);
    return status; // all zero, which is no type, if it failed
  }

  private static int type(Arena arena, int fd) {
    return Statx.mode(statx(arena, fd)) & Fcntl.S_IFMT;
  }

  /// Tells whether it is a terminal or another character device, also after it has hung up.
  static boolean isCharacterDevice(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      return type(arena, fd) == Fcntl.S_IFCHR;
    }
  }

  /// Reads into native memory; like a call of [LibcFiles].
  int read(Arena arena, MemorySegment buffer) {
    while (true) {
      int result =
          switch (reading) {
            case DIRECT -> LibcFiles.read(number(), buffer);
            case SOCKET -> Libc.recv(fd, buffer, SysSocket.MSG_DONTWAIT);
            case NOWAIT -> LibcFiles.preadv2(fd, iovec(arena, buffer), -1, Fcntl.RWF_NOWAIT);
            case POLLED -> {
              int ready = poll(SysPoll.POLLIN);
              yield ready == 0 ? LibcFiles.read(fd, buffer) : ready;
            }
          };
      if (result == -ErrnoH.EOPNOTSUPP && reading == Way.NOWAIT) {
        reading = withoutNoWait(arena);
      } else if (result != -ErrnoH.EINTR) {
        return result;
      }
    }
  }

  /// Writes from native memory; like a call of [LibcFiles].
  int write(Arena arena, MemorySegment buffer) {
    while (true) {
      int result =
          switch (writing) {
            case DIRECT -> LibcFiles.write(number(), buffer);
            case SOCKET -> Libc.send(fd, buffer, SysSocket.MSG_DONTWAIT | SysSocket.MSG_NOSIGNAL);
            case NOWAIT -> LibcFiles.pwritev2(fd, iovec(arena, buffer), -1, Fcntl.RWF_NOWAIT);
            case POLLED -> {
              int ready = poll(SysPoll.POLLOUT);
              yield ready == 0 ? LibcFiles.write(fd, firstOf(buffer)) : ready;
            }
          };
      if (result == -ErrnoH.EOPNOTSUPP && writing == Way.NOWAIT) {
        writing = withoutNoWait(arena);
      } else if (result != -ErrnoH.EINTR) {
        return result;
      }
    }
  }

  private int number() {
    return reopened >= 0 ? reopened : fd;
  }

  private static MemorySegment firstOf(MemorySegment buffer) {
    return buffer.asSlice(0, Math.min(buffer.byteSize(), POLLED_WRITE_MAX));
  }

  private static MemorySegment iovec(Arena arena, MemorySegment buffer) {
    MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
    Iovec.set(iovec, buffer);
    return iovec;
  }

  private Way withoutNoWait(Arena arena) {
    if (reopened < 0 && canBeReopened(arena)) {
      int mode = LibcFiles.fcntl(fd, Fcntl.F_GETFL, 0) & Fcntl.O_ACCMODE;
      reopened =
          LibcFiles.open(
              arena.allocateFrom("/proc/self/fd/" + fd),
              mode | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC | Fcntl.O_NOCTTY);
    }
    return reopened >= 0 ? Way.DIRECT : Way.POLLED;
  }

  private boolean canBeReopened(Arena arena) {
    MemorySegment status = statx(arena, fd);
    return switch (Statx.mode(status) & Fcntl.S_IFMT) {
      case Fcntl.S_IFIFO -> true;
      case Fcntl.S_IFCHR ->
          LibcFiles.isatty(fd) == 1 && !Statx.isDevice(status, PTMX_MAJOR, PTMX_MINOR);
      default -> false;
    };
  }

  /// Returns 0 if it is ready, or failed so that the next call says how; otherwise a negated errno.
  private int poll(int events) {
    int found = PollOnce.look(fd, events);
    return found > 0 ? 0 : found == 0 ? -ErrnoH.EAGAIN : found;
  }

  /// Closes what had to be opened; not the descriptor itself.
  void close() {
    if (reopened >= 0) {
      int _ = Libc.close(reopened);
    }
  }
}
