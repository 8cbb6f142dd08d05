package sluice.spi;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.PeerAddress;

/// The one kind of [PeerAddress]: an IPv6 address in two halves, its port, and the interface that a
/// link-local address is on.
///
/// IPv4 is held as IPv6 sockets see it, as `::ffff:a.b.c.d` ([RFC 4291,
/// 2.5.5.2](https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2)). Nobody's address is all zeros
/// with port 0, so that stands for none.
public final class Peer implements PeerAddress {
  private static final int IPV6_BYTES = 16;
  private static final long IPV4_MAPPED = 0xFFFF_0000_0000L;
  private static final long IPV4_MASK = 0xFFFF_FFFFL;

  private long high;
  private long low;
  private int scope;
  private int port;

  /// Makes one that holds no address.
  public Peer() {}

  /// Returns one that holds `address`.
  public static Peer of(SocketAddress address) {
    Peer peer = new Peer();
    peer.set(Addresses.requireInet(address));
    return peer;
  }

  /// Makes it hold a resolved address.
  public void set(InetSocketAddress address) {
    InetAddress host = address.getAddress();
    ByteBuffer bytes = ByteBuffer.wrap(host.getAddress());
    if (bytes.remaining() < IPV6_BYTES) {
      setIpv4(bytes.getInt(), address.getPort());
    } else {
      int interfaceIndex = host instanceof Inet6Address six ? six.getScopeId() : 0;
      setIpv6(bytes.getLong(), bytes.getLong(), interfaceIndex, address.getPort());
    }
  }

  /// Makes it hold an IPv4 address, given with its first byte on top.
  public void setIpv4(int address, int port) {
    setIpv6(0, IPV4_MAPPED | (address & IPV4_MASK), 0, port);
  }

  /// Makes it hold an IPv6 address, which may be a mapped one of IPv4.
  ///
  /// @param high the first eight bytes, the first of them on top
  /// @param low the last eight
  /// @param scope the index of the interface of a link-local address, else 0
  public void setIpv6(long high, long low, int scope, int port) {
    this.high = high;
    this.low = low;
    this.scope = scope;
    this.port = port;
  }

  /// Makes it hold no address.
  public void clear() {
    setIpv6(0, 0, 0, 0);
  }

  /// Tells whether the address is one of IPv4.
  public boolean isIpv4() {
    return high == 0 && (low & ~IPV4_MASK) == IPV4_MAPPED;
  }

  /// Returns the address if it is one of IPv4, its first byte on top.
  public int ipv4() {
    return (int) low;
  }

  /// Returns the first eight bytes of the address in IPv6, the first of them on top.
  public long high() {
    return high;
  }

  /// Returns the last eight bytes.
  public long low() {
    return low;
  }

  /// Returns the index of the interface of a link-local address, else 0.
  public int scope() {
    return scope;
  }

  @Override
  public boolean isEmpty() {
    return port == 0 && (high | low) == 0;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void copyFrom(PeerAddress other) {
    Peer peer = (Peer) other;
    setIpv6(peer.high, peer.low, peer.scope, peer.port);
  }

  @Override
  public PeerAddress copy() {
    Peer copy = new Peer();
    copy.copyFrom(this);
    return copy;
  }

  @Override
  public InetSocketAddress toSocketAddress() {
    if (isEmpty()) {
      throw new IllegalStateException("no address is held yet");
    }
    byte[] bytes = ByteBuffer.allocate(IPV6_BYTES).putLong(high).putLong(low).array();
    try {
      InetAddress plain = InetAddress.getByAddress(bytes); // IPv4 if mapped
      return new InetSocketAddress(
          scope != 0 && plain instanceof Inet6Address
              ? Inet6Address.getByAddress(null, bytes, scope)
              : plain,
          port);
    } catch (UnknownHostException e) {
      throw new AssertionError("sixteen bytes are an address", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Peer peer
        && high == peer.high
        && low == peer.low
        && scope == peer.scope
        && port == peer.port;
  }

  @Override
  public int hashCode() {
    return ((Long.hashCode(high) * 31 + Long.hashCode(low)) * 31 + scope) * 31 + port;
  }

  @Override
  public String toString() {
    return isEmpty() ? "none" : Addresses.format(toSocketAddress());
  }
}
