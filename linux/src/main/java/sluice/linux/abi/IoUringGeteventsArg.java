package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // linux/io_uring.h: how long to wait
/// struct io_uring_getevents_arg {
///   __u64 sigmask;
///   __u32 sigmask_sz;
///   __u32 pad;
///   __u64 ts;   // a struct timespec *
/// };
/// ```
///
/// See [io_uring_enter(2)](https://man7.org/linux/man-pages/man2/io_uring_enter.2.html).
public final class IoUringGeteventsArg {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("sigmask"),
              JAVA_INT.withName("sigmask_sz"),
              MemoryLayout.paddingLayout(4),
              JAVA_LONG.withName("ts"))
          .withName("io_uring_getevents_arg");

  private static final long TS = offset("ts");

  private IoUringGeteventsArg() {}

  private static long offset(String member) {
    return LAYOUT.byteOffset(PathElement.groupElement(member));
  }

  /// Sets the address of the timeout; 0 waits for ever.
  public static void setTimeout(MemorySegment arg, long timespec) {
    arg.set(JAVA_LONG, TS, timespec);
  }
}
