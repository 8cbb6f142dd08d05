package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// ```c
/// // sys/un.h
/// struct sockaddr_un {
///   sa_family_t sun_family;
///   char sun_path[108];
/// };
/// ```
///
/// See [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html).
public final class SockaddrUn {
  /// The longest path in bytes, without the zero that ends it.
  public static final int PATH_BYTES_MAX = 107;

  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_SHORT.withName("sun_family"),
              MemoryLayout.sequenceLayout(PATH_BYTES_MAX + 1, JAVA_BYTE).withName("sun_path"))
          .withName("sockaddr_un");

  private static final long FAMILY = LAYOUT.byteOffset(PathElement.groupElement("sun_family"));
  private static final long PATH = LAYOUT.byteOffset(PathElement.groupElement("sun_path"));

  private SockaddrUn() {}

  /// Fills it.
  ///
  /// @param path at most [#PATH_BYTES_MAX] bytes
  /// @return the length to pass to the kernel
  public static int set(MemorySegment sockaddr, byte[] path) {
    sockaddr.set(JAVA_SHORT, FAMILY, (short) SysSocket.AF_UNIX);
    MemorySegment.copy(path, 0, sockaddr, JAVA_BYTE, PATH, path.length);
    sockaddr.set(JAVA_BYTE, PATH + path.length, (byte) 0);
    return (int) PATH + path.length + 1;
  }

  /// Returns the path of an address of `length` bytes; empty if it has no name in the file system.
  public static byte[] path(MemorySegment sockaddr, int length) {
    int end = Math.max(0, Math.min(length - (int) PATH, PATH_BYTES_MAX + 1));
    byte[] bytes = sockaddr.asSlice(PATH, end).toArray(JAVA_BYTE);
    int count = 0;
    while (count < bytes.length && bytes[count] != 0) {
      count++;
    }
    return java.util.Arrays.copyOf(bytes, count);
  }
}
