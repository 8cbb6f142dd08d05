package sluice.linux.descriptor;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import sluice.Backend;
import sluice.Counter;
import sluice.linux.abi.ErrnoH;
import sluice.linux.libc.LibcFiles;

/// A descriptor whose reads give a count of 64 bits and clear it.
class LinuxCounter extends LinuxDescriptor implements Counter {
  LinuxCounter(Backend backend, int fd, String kind) {
    super(backend, fd, kind);
  }

  @Override
  public final long take() throws IOException {
    begin();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(JAVA_LONG);
      int result;
      do {
        result = LibcFiles.read(fd(), count);
      } while (result == -ErrnoH.EINTR);
      return result < 0 ? againOr(result, "take") : count.get(JAVA_LONG, 0);
    } finally {
      release();
    }
  }
}
