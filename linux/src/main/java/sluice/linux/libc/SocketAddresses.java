package sluice.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import sluice.linux.abi.SockaddrIn;
import sluice.linux.abi.SockaddrIn6;
import sluice.linux.abi.SockaddrUn;
import sluice.linux.abi.SysSocket;

/// Socket addresses to and from C.
public final class SocketAddresses {
  /// A call that fills in an address.
  @FunctionalInterface
  public interface Query {
    /// Calls it.
    int call(MemorySegment address, MemorySegment length);
  }

  /// A `struct sockaddr` and how much of it counts.
  ///
  /// @param segment the address
  /// @param length in bytes
  public record Encoded(MemorySegment segment, int length) {}

  /// What the JDK itself uses for the names of files.
  private static final Charset FILE_NAMES =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), StandardCharsets.UTF_8);

  private SocketAddresses() {}

  /// Returns the address family.
  public static int family(SocketAddress address) {
    return switch (address) {
      case UnixDomainSocketAddress _ -> SysSocket.AF_UNIX;
      case InetSocketAddress inet when inet.getAddress() instanceof Inet6Address ->
          SysSocket.AF_INET6;
      default -> SysSocket.AF_INET;
    };
  }

  /// Returns `address` as C has it.
  ///
  /// @throws SocketException if a path is too long; it is never cut
  public static Encoded encode(SegmentAllocator memory, SocketAddress address)
      throws SocketException {
    return switch (address) {
      case UnixDomainSocketAddress unix -> encodePath(memory, unix);
      case InetSocketAddress inet when inet.getAddress() instanceof Inet6Address six -> {
        MemorySegment segment = memory.allocate(SockaddrIn6.LAYOUT);
        SockaddrIn6.set(segment, six.getAddress(), inet.getPort(), six.getScopeId());
        yield new Encoded(segment, (int) segment.byteSize());
      }
      case InetSocketAddress inet -> {
        MemorySegment segment = memory.allocate(SockaddrIn.LAYOUT);
        SockaddrIn.set(segment, inet.getAddress().getAddress(), inet.getPort());
        yield new Encoded(segment, (int) segment.byteSize());
      }
      default -> throw new IllegalArgumentException("not a socket address: " + address);
    };
  }

  private static Encoded encodePath(SegmentAllocator memory, UnixDomainSocketAddress address)
      throws SocketException {
    byte[] path = address.getPath().toString().getBytes(FILE_NAMES);
    if (path.length > SockaddrUn.PATH_BYTES_MAX) {
      throw new SocketException(
          "the path %s has %d bytes, that of a socket may have %d"
              .formatted(address.getPath(), path.length, SockaddrUn.PATH_BYTES_MAX));
    }
    MemorySegment segment = memory.allocate(SockaddrUn.LAYOUT);
    return new Encoded(segment, SockaddrUn.set(segment, path));
  }

  /// Asks the system for an address.
  ///
  /// @param what for the message
  public static SocketAddress query(String what, Query query) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      Space space = new Space(arena);
      int result = query.call(space.address, space.length());
      if (result < 0) {
        throw new SocketException(what + ": " + Errno.name(result) + " (" + -result + ")");
      }
      return space.decode();
    }
  }

  /// Room for one address that the kernel fills in.
  public static final class Space {
    private final MemorySegment address;
    private final MemorySegment length;

    /// Makes room in `memory`.
    public Space(SegmentAllocator memory) {
      address = memory.allocate(SockaddrUn.LAYOUT.byteSize(), 8); // the largest
      length = memory.allocate(JAVA_INT);
    }

    /// Returns where the address goes.
    public MemorySegment address() {
      return address;
    }

    /// Returns where its length goes, set to how much there is room for.
    public MemorySegment length() {
      length.set(JAVA_INT, 0, (int) address.byteSize());
      return length;
    }

    /// Returns the address that is there as a number for [#ofIpv4], or 0 if it is not of IPv4.
    public long ipv4() {
      return SockaddrIn.family(address) == SysSocket.AF_INET
          ? (SockaddrIn.bits(address) & 0xFFFF_FFFFL) << 16 | SockaddrIn.port(address)
          : 0;
    }

    /// Returns the address that is there.
    public SocketAddress decode() {
      return SocketAddresses.decode(address, length.get(JAVA_INT, 0));
    }
  }

  /// Returns the address of IPv4 that [Space#ipv4] has put into a number.
  public static SocketAddress ofIpv4(long number) {
    byte[] address = new byte[Integer.BYTES];
    ByteBuffer.wrap(address).putInt((int) (number >>> 16));
    return new InetSocketAddress(inet(address), (int) (number & 0xFFFF));
  }

  private static SocketAddress decode(MemorySegment address, int length) {
    return switch (SockaddrIn.family(address)) {
      case SysSocket.AF_INET ->
          new InetSocketAddress(inet(SockaddrIn.address(address)), SockaddrIn.port(address));
      case SysSocket.AF_INET6 ->
          new InetSocketAddress(
              inet6(SockaddrIn6.address(address), SockaddrIn6.scope(address)),
              SockaddrIn6.port(address));
      default -> unix(new String(SockaddrUn.path(address, length), FILE_NAMES));
    };
  }

  /// A name that this JVM's locale cannot write is as good as none.
  private static SocketAddress unix(String path) {
    try {
      return UnixDomainSocketAddress.of(path);
    } catch (InvalidPathException _) {
      return UnixDomainSocketAddress.of("");
    }
  }

  private static InetAddress inet(byte[] address) {
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new AssertionError("four or sixteen bytes are an address", e);
    }
  }

  private static InetAddress inet6(byte[] address, int scope) {
    InetAddress plain = inet(address); // IPv4 if mapped
    if (scope == 0 || !(plain instanceof Inet6Address)) {
      return plain;
    }
    try {
      return Inet6Address.getByAddress(null, address, scope);
    } catch (UnknownHostException e) {
      throw new AssertionError("sixteen bytes are an address", e);
    }
  }
}
