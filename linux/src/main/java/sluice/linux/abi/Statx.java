package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // sys/stat.h, with what is not used here left out; `struct stat` differs between architectures
/// struct statx {
///   ...
///   __u16 stx_mode;         // at 28
///   ...
///   __u32 stx_rdev_major;   // at 128
///   __u32 stx_rdev_minor;
///   ...
/// };
/// ```
///
/// See [statx(2)](https://man7.org/linux/man-pages/man2/statx.2.html).
public final class Statx {
  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              MemoryLayout.paddingLayout(28),
              JAVA_SHORT.withName("stx_mode"),
              MemoryLayout.paddingLayout(98),
              JAVA_INT.withName("stx_rdev_major"),
              JAVA_INT.withName("stx_rdev_minor"),
              MemoryLayout.paddingLayout(120))
          .withName("statx");

  private static final long MODE = LAYOUT.byteOffset(PathElement.groupElement("stx_mode"));
  private static final long MAJOR = LAYOUT.byteOffset(PathElement.groupElement("stx_rdev_major"));
  private static final long MINOR = LAYOUT.byteOffset(PathElement.groupElement("stx_rdev_minor"));

  private Statx() {}

  /// Returns the type and the permissions.
  public static int mode(MemorySegment statx) {
    return statx.get(JAVA_SHORT, MODE) & 0xFFFF;
  }

  /// Tells whether it is the device `major:minor`.
  public static boolean isDevice(MemorySegment statx, int major, int minor) {
    return statx.get(JAVA_INT, MAJOR) == major && statx.get(JAVA_INT, MINOR) == minor;
  }
}
