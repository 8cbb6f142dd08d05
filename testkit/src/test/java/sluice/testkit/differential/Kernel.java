package sluice.testkit.differential;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import sluice.Descriptor;
import sluice.Descriptors;
import sluice.Pollable;
import sluice.linux.abi.Fcntl;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.linux.libc.LibcFiles;
import sluice.linux.socket.LinuxSource;

/// What a script needs and Sluice's API has no call for, done to bare numbers.
final class Kernel {
  // sys/socket.h, asm-generic/ioctls.h
  private static final int SO_OOBINLINE = 10;
  private static final int SHUT_RD = 0;
  private static final long TIOCSPTLCK = 0x40045431;
  private static final long TIOCGPTPEER = 0x5441;

  private final Descriptors descriptors;

  Kernel(Descriptors descriptors) {
    this.descriptors = descriptors;
  }

  static int number(Pollable source) {
    return ((LinuxSource) source).fd();
  }

  private static int check(String call, int result) throws IOException {
    if (result < 0) {
      throw Errno.exception(call, result);
    }
    return result;
  }

  Descriptor socket() throws IOException {
    return descriptors.adopt(
        check("socket", Libc.socket(SysSocket.AF_INET, SysSocket.SOCK_STREAM, 0)));
  }

  /// Opens both ends of a terminal: the master and the slave.
  Descriptor[] terminal() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int flags = Fcntl.O_RDWR | Fcntl.O_NOCTTY | Fcntl.O_CLOEXEC;
      int master = check("open", LibcFiles.open(arena.allocateFrom("/dev/ptmx"), flags));
      Descriptor adopted = descriptors.adopt(master);
      check("ioctl", Libc.ioctl(master, TIOCSPTLCK, arena.allocate(JAVA_INT)));
      int slave = Libc.ioctl(master, TIOCGPTPEER, MemorySegment.ofAddress(flags));
      return new Descriptor[] {adopted, descriptors.adopt(check("ioctl", slave))};
    }
  }

  static void receiveUrgentInline(Pollable socket) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocateFrom(JAVA_INT, 1);
      check("setsockopt", Libc.setsockopt(number(socket), SysSocket.SOL_SOCKET, SO_OOBINLINE, one));
    }
  }

  static void shutdownInput(Pollable socket) throws IOException {
    check("shutdown", Libc.shutdown(number(socket), SHUT_RD));
  }
}
