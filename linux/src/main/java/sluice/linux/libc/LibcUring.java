package sluice.linux.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static sluice.linux.libc.Downcalls.failure;
import static sluice.linux.libc.Downcalls.function;
import static sluice.linux.libc.Downcalls.result;
import static sluice.linux.libc.Downcalls.state;
import static sluice.linux.libc.Downcalls.variadicFunction;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import sluice.linux.abi.SysSyscall;

/// The calls of io_uring, for which the C library has no functions, and the mapping of its memory.
/// Results are `>= 0` or the negated `errno`.
public final class LibcUring {
  private static final ValueLayout.OfInt INT = JAVA_INT;
  private static final ValueLayout.OfLong LONG = JAVA_LONG;

  // long syscall(long number, ...), here
  // int io_uring_setup(u32 entries, struct io_uring_params *p)
  private static final MethodHandle SETUP =
      variadicFunction("syscall", 1, LONG, LONG, INT, ADDRESS);
  // int io_uring_enter(unsigned int fd, u32 to_submit, u32 min_complete, u32 flags,
  //                    const void *arg, size_t argsz)
  private static final MethodHandle ENTER =
      variadicFunction("syscall", 1, LONG, LONG, INT, INT, INT, INT, ADDRESS, LONG);
  // int io_uring_register(unsigned int fd, unsigned int opcode, void *arg, unsigned int nr_args)
  private static final MethodHandle REGISTER =
      variadicFunction("syscall", 1, LONG, LONG, INT, INT, ADDRESS, INT);
  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
  private static final MethodHandle MMAP =
      function("mmap", LONG, ADDRESS, LONG, INT, INT, INT, LONG);
  // int munmap(void *addr, size_t length)
  private static final MethodHandle MUNMAP = function("munmap", INT, ADDRESS, LONG);

  private LibcUring() {}

  /// See [io_uring_setup(2)](https://man7.org/linux/man-pages/man2/io_uring_setup.2.html).
  public static int io_uring_setup(int entries, MemorySegment params) {
    MemorySegment state = state();
    try {
      long result =
          (long) SETUP.invokeExact(state, (long) SysSyscall.SYS_io_uring_setup, entries, params);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [io_uring_enter(2)](https://man7.org/linux/man-pages/man2/io_uring_enter.2.html).
  public static int io_uring_enter(
      int fd, int toSubmit, int minComplete, int flags, MemorySegment arg, long argBytes) {
    MemorySegment state = state();
    try {
      long result =
          (long)
              ENTER.invokeExact(
                  state,
                  (long) SysSyscall.SYS_io_uring_enter,
                  fd,
                  toSubmit,
                  minComplete,
                  flags,
                  arg,
                  argBytes);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [io_uring_register(2)](https://man7.org/linux/man-pages/man2/io_uring_register.2.html).
  public static int io_uring_register(int fd, int opcode, MemorySegment arg, int count) {
    MemorySegment state = state();
    try {
      long result =
          (long)
              REGISTER.invokeExact(
                  state, (long) SysSyscall.SYS_io_uring_register, fd, opcode, arg, count);
      return result((int) result, state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }

  /// See [mmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html). The mapping is valid until
  /// [#munmap], which nothing checks.
  public static MemorySegment mmap(int fd, long offset, long length, int protection, int flags)
      throws IOException {
    MemorySegment state = state();
    long address;
    try {
      address =
          (long) MMAP.invokeExact(state, MemorySegment.NULL, length, protection, flags, fd, offset);
    } catch (Throwable t) {
      throw failure(t);
    }
    if (address == -1) { // MAP_FAILED
      throw Errno.exception("mmap", result(-1, state));
    }
    return Downcalls.memory(address, length);
  }

  /// See [munmap(2)](https://man7.org/linux/man-pages/man2/mmap.2.html).
  public static int munmap(MemorySegment mapping) {
    MemorySegment state = state();
    try {
      return result((int) MUNMAP.invokeExact(state, mapping, mapping.byteSize()), state);
    } catch (Throwable t) {
      throw failure(t);
    }
  }
}
