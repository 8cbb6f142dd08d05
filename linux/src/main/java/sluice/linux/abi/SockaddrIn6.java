package sluice.linux.abi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// ```c
/// // netinet/in.h
/// struct sockaddr_in6 {
///   sa_family_t sin6_family;
///   in_port_t sin6_port;         // big-endian
///   uint32_t sin6_flowinfo;
///   struct in6_addr sin6_addr;   // big-endian
///   uint32_t sin6_scope_id;
/// };
/// ```
public final class SockaddrIn6 {
  private static final ValueLayout.OfShort PORT_LAYOUT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong HALF_LAYOUT =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN); // the struct is aligned to four bytes

  /// The layout.
  public static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
              JAVA_SHORT.withName("sin6_family"),
              PORT_LAYOUT.withName("sin6_port"),
              JAVA_INT.withName("sin6_flowinfo"),
              MemoryLayout.sequenceLayout(16, JAVA_BYTE).withName("sin6_addr"),
              JAVA_INT.withName("sin6_scope_id"))
          .withName("sockaddr_in6");

  private static final long FAMILY = LAYOUT.byteOffset(PathElement.groupElement("sin6_family"));
  private static final long PORT = LAYOUT.byteOffset(PathElement.groupElement("sin6_port"));
  private static final long FLOWINFO = LAYOUT.byteOffset(PathElement.groupElement("sin6_flowinfo"));
  private static final long ADDR = LAYOUT.byteOffset(PathElement.groupElement("sin6_addr"));
  private static final long SCOPE = LAYOUT.byteOffset(PathElement.groupElement("sin6_scope_id"));

  private SockaddrIn6() {}

  /// Fills it.
  ///
  /// @param address sixteen bytes, in network order
  public static void set(MemorySegment sockaddr, byte[] address, int port, int scope) {
    sockaddr.set(JAVA_SHORT, FAMILY, (short) SysSocket.AF_INET6);
    sockaddr.set(PORT_LAYOUT, PORT, (short) port);
    sockaddr.set(JAVA_INT, FLOWINFO, 0);
    MemorySegment.copy(address, 0, sockaddr, JAVA_BYTE, ADDR, 16);
    sockaddr.set(JAVA_INT, SCOPE, scope);
  }

  /// Fills it, without an object for the address.
  ///
  /// @param high the first eight bytes of the address, the first of them on top
  /// @param low the last eight
  public static void set(MemorySegment sockaddr, long high, long low, int port, int scope) {
    sockaddr.set(JAVA_SHORT, FAMILY, (short) SysSocket.AF_INET6);
    sockaddr.set(PORT_LAYOUT, PORT, (short) port);
    sockaddr.set(JAVA_INT, FLOWINFO, 0);
    sockaddr.set(HALF_LAYOUT, ADDR, high);
    sockaddr.set(HALF_LAYOUT, ADDR + HALF_LAYOUT.byteSize(), low);
    sockaddr.set(JAVA_INT, SCOPE, scope);
  }

  /// Returns the first eight bytes of the address, the first of them on top.
  public static long high(MemorySegment sockaddr) {
    return sockaddr.get(HALF_LAYOUT, ADDR);
  }

  /// Returns the last eight bytes of the address.
  public static long low(MemorySegment sockaddr) {
    return sockaddr.get(HALF_LAYOUT, ADDR + HALF_LAYOUT.byteSize());
  }

  /// Returns the port.
  public static int port(MemorySegment sockaddr) {
    return sockaddr.get(PORT_LAYOUT, PORT) & 0xFFFF;
  }

  /// Returns the address, sixteen bytes in network order.
  public static byte[] address(MemorySegment sockaddr) {
    return sockaddr.asSlice(ADDR, 16).toArray(JAVA_BYTE);
  }

  /// Returns the index of the interface a link-local address is on.
  public static int scope(MemorySegment sockaddr) {
    return sockaddr.get(JAVA_INT, SCOPE);
  }
}
