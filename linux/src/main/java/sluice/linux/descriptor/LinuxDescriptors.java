package sluice.linux.descriptor;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import sluice.Backend;
import sluice.Counter;
import sluice.Descriptor;
import sluice.Descriptors;
import sluice.Event;
import sluice.FileWatch;
import sluice.Interest;
import sluice.Timer;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.Fcntl;
import sluice.linux.abi.SysEventfd;
import sluice.linux.abi.SysInotify;
import sluice.linux.abi.SysTimerfd;
import sluice.linux.descriptor.LinuxDescriptor.Owner;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.linux.libc.LibcFiles;

/// Makes descriptors. Thread-safe.
public final class LinuxDescriptors implements Descriptors {
  private final Backend backend;

  /// Makes them for `backend`.
  public LinuxDescriptors(Backend backend) {
    this.backend = backend;
  }

  @Override
  public Descriptor borrow(int number) throws IOException {
    return new LinuxDescriptor(backend, requireOpen(number), Owner.BORROWED, "borrowed");
  }

  @Override
  public Descriptor adopt(int number) throws IOException {
    return new LinuxDescriptor(backend, requireOpen(number), Owner.ADOPTED, "adopted");
  }

  private static int requireOpen(int number) throws IOException {
    if (number < 0) {
      throw new IllegalArgumentException("number must not be negative, but is " + number);
    }
    int result = LibcFiles.fcntl(number, Fcntl.F_GETFD, 0);
    if (result < 0) {
      throw Errno.exception("number " + number + " is no open descriptor", result);
    }
    return number;
  }

  @Override
  public Descriptor open(Path path, Interest interest) throws IOException {
    if (interest.has(Interest.EXCEPTIONAL)) {
      throw new IllegalArgumentException("interest must be READ, WRITE or both, not " + interest);
    }
    int mode =
        !interest.has(Interest.WRITE)
            ? Fcntl.O_RDONLY
            : interest.has(Interest.READ) ? Fcntl.O_RDWR : Fcntl.O_WRONLY;
    try (Arena arena = Arena.ofConfined()) {
      int fd;
      do {
        fd =
            LibcFiles.open(
                arena.allocateFrom(path.toString()),
                mode | Fcntl.O_NONBLOCK | Fcntl.O_CLOEXEC | Fcntl.O_NOCTTY);
      } while (fd == -ErrnoH.EINTR);
      if (fd < 0) {
        throw Errno.fileException("open", path.toString(), fd);
      }
      return new LinuxDescriptor(backend, fd, path.toString());
    }
  }

  @Override
  public Pipe openPipe() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fds = arena.allocate(JAVA_INT, 2);
      opened("pipe2", LibcFiles.pipe2(fds, Fcntl.O_CLOEXEC | Fcntl.O_NONBLOCK));
      return new Pipe(
          new LinuxDescriptor(backend, fds.getAtIndex(JAVA_INT, 0), "pipe source"),
          new LinuxDescriptor(backend, fds.getAtIndex(JAVA_INT, 1), "pipe sink"));
    }
  }

  @Override
  public Timer openTimer() throws IOException {
    int flags = SysTimerfd.TFD_CLOEXEC | SysTimerfd.TFD_NONBLOCK;
    int fd = LibcFiles.timerfd_create(SysTimerfd.CLOCK_MONOTONIC, flags);
    return new LinuxTimer(backend, opened("timerfd_create", fd));
  }

  @Override
  public Event openEvent() throws IOException {
    return new LinuxEvent(backend, openEventFd());
  }

  private static int openEventFd() throws IOException {
    return opened("eventfd", Libc.eventfd(0, SysEventfd.EFD_CLOEXEC | SysEventfd.EFD_NONBLOCK));
  }

  @Override
  public Descriptor openProcess(ProcessHandle process) throws IOException {
    int fd = LibcFiles.pidfd_open(Math.toIntExact(process.pid()), 0); // it is CLOEXEC always
    if (fd == -ErrnoH.ESRCH) {
      throw new NoSuchFileException("process " + process.pid(), null, "it has ended and is gone");
    }
    return new LinuxDescriptor(backend, opened("pidfd_open", fd), "process " + process.pid());
  }

  @Override
  public Counter openSignal(String name) throws IOException {
    LinuxSignal signal = new LinuxSignal(backend, openEventFd(), name);
    boolean counting = false;
    try {
      Signals.add(name, signal);
      counting = true;
    } finally {
      if (!counting) {
        signal.close();
      }
    }
    return signal;
  }

  @Override
  public FileWatch openFileWatch() throws IOException {
    int fd = LibcFiles.inotify_init1(SysInotify.IN_CLOEXEC | SysInotify.IN_NONBLOCK);
    return new LinuxFileWatch(backend, opened("inotify_init1", fd));
  }

  private static int opened(String call, int fd) throws IOException {
    if (fd < 0) {
      throw Errno.exception(call, fd);
    }
    return fd;
  }
}
