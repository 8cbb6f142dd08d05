package sluice.linux.uring;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/// Every access to memory that the kernel reads and writes at the same time, with its order.
///
/// Whoever writes an entry makes it visible by a release store of the index behind it; whoever
/// reads the index with acquire sees the entry. The kernel does the same on its side
/// ([io_uring.c](https://elixir.bootlin.com/linux/v6.12/source/io_uring/io_uring.c), the comment at
/// its top).
final class Ordered {
  private static final VarHandle INT = JAVA_INT.varHandle();
  private static final VarHandle SHORT = JAVA_SHORT.varHandle();

  private Ordered() {}

  /// Reads an index, or flags, that the kernel writes: what it wrote before is seen.
  static int acquire(MemorySegment memory, long offset) {
    return (int) INT.getAcquire(memory, offset);
  }

  /// Writes an index that the kernel reads: it sees what was written before.
  static void release(MemorySegment memory, long offset, int value) {
    INT.setRelease(memory, offset, value);
  }

  /// The same for the 16 bits of a ring of buffers.
  static void releaseShort(MemorySegment memory, long offset, int value) {
    SHORT.setRelease(memory, offset, (short) value);
  }
}
