package sluice;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import sluice.spi.Peer;

/// A holder of one address and port: where a datagram came from, or goes to.
///
/// It can be used again and again, so that receiving and answering a datagram allocates nothing.
/// Two of them are equal if they hold the same address and port; what one holds changes its hash
/// code. So as the key of a map use a [#copy], and look it up by the holder itself.
///
/// An IPv4 address is the same whether it came to an IPv4 or to an IPv6 socket. Belongs to one
/// thread at a time.
public sealed interface PeerAddress permits Peer {
  /// Returns a new one that holds no address yet.
  static PeerAddress create() {
    return new Peer();
  }

  /// Returns a new one that holds `address`.
  ///
  /// @throws IllegalArgumentException if it is not an `InetSocketAddress`, or is unresolved
  static PeerAddress of(SocketAddress address) {
    return Peer.of(address);
  }

  /// Tells whether it holds no address, as a new one does.
  boolean isEmpty();

  /// Returns the port, 0 if it holds no address.
  int port();

  /// Makes it hold what `other` does. Allocates nothing.
  void copyFrom(PeerAddress other);

  /// Returns a new one that holds the same.
  PeerAddress copy();

  /// Returns a new object with the same address and port.
  ///
  /// @throws IllegalStateException if it holds no address
  InetSocketAddress toSocketAddress();
}
