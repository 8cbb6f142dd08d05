package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// ```c
/// // netinet/in.h
/// struct sockaddr_in {
///   sa_family_t sin_family;
///   in_port_t sin_port;        // big-endian
///   struct in_addr sin_addr;   // big-endian
///   unsigned char sin_zero[8];
/// };
/// ```
public final class SockaddrIn {
  private static final ValueLayout.OfShort PORT_LAYOUT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BITS_LAYOUT = JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_SHORT.withName("sin_family"),
              PORT_LAYOUT.withName("sin_port"),
              MemoryLayout.sequenceLayout(4, JAVA_BYTE).withName("sin_addr"),
              MemoryLayout.sequenceLayout(8, JAVA_BYTE).withName("sin_zero"))
          .withName("sockaddr_in");

  private static final long FAMILY = LAYOUT.byteOffset(PathElement.groupElement("sin_family"));
  private static final long PORT = LAYOUT.byteOffset(PathElement.groupElement("sin_port"));
  private static final long ADDR = LAYOUT.byteOffset(PathElement.groupElement("sin_addr"));

  private SockaddrIn() {}

  /// Fills it.
  ///
  /// @param address four bytes, in network order
  public static void set(MemorySegment sockaddr, byte[] address, int port) {
    sockaddr.set(JAVA_SHORT, FAMILY, (short) SysSocket.AF_INET);
    sockaddr.set(PORT_LAYOUT, PORT, (short) port);
    MemorySegment.copy(address, 0, sockaddr, JAVA_BYTE, ADDR, 4);
  }

  /// Fills it, without an object for the address.
  ///
  /// @param bits the four bytes of the address, the first of them on top
  public static void set(MemorySegment sockaddr, int bits, int port) {
    sockaddr.set(JAVA_SHORT, FAMILY, (short) SysSocket.AF_INET);
    sockaddr.set(PORT_LAYOUT, PORT, (short) port);
    sockaddr.set(BITS_LAYOUT, ADDR, bits);
  }

  /// Makes any socket address one of no family.
  public static void setUnspecified(MemorySegment sockaddr) {
    sockaddr.set(JAVA_SHORT, FAMILY, (short) SysSocket.AF_UNSPEC);
  }

  /// Returns the family of any socket address.
  public static int family(MemorySegment sockaddr) {
    return sockaddr.get(JAVA_SHORT, FAMILY) & 0xFFFF;
  }

  /// Returns the port.
  public static int port(MemorySegment sockaddr) {
    return sockaddr.get(PORT_LAYOUT, PORT) & 0xFFFF;
  }

  /// Returns the four bytes of the address, the first of them on top.
  public static int bits(MemorySegment sockaddr) {
    return sockaddr.get(BITS_LAYOUT, ADDR);
  }

  /// Returns the address, four bytes in network order.
  public static byte[] address(MemorySegment sockaddr) {
    return sockaddr.asSlice(ADDR, 4).toArray(JAVA_BYTE);
  }
}
