package sluice.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.spi.Status;

/// What went wrong with one socket: which call failed last, and how. Confined to its owner.
final class SocketErrors {
  private String call = "";
  private int error;

  /// Notes a failed call, unless it would only have had to wait.
  ///
  /// @return its [Status]
  int note(String name, int negated) {
    int status = Errno.status(negated);
    if (status != Status.AGAIN) {
      call = name;
      error = negated;
    }
    return status;
  }

  /// Returns the exception for the last failure, or null if there was none.
  @Nullable IOException last() {
    return error == 0 ? null : Errno.exception(call, error);
  }

  /// Returns the error that is pending on a socket, which forgets it then; 0 if there is none.
  static int takePending(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      MemorySegment length = arena.allocate(JAVA_INT);
      length.set(JAVA_INT, 0, (int) JAVA_INT.byteSize());
      int result = Libc.getsockopt(fd, SysSocket.SOL_SOCKET, SysSocket.SO_ERROR, value, length);
      return result < 0 ? -result : value.get(JAVA_INT, 0);
    }
  }
}
