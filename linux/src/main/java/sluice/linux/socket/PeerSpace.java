package sluice.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import sluice.linux.abi.SockaddrIn;
import sluice.linux.abi.SockaddrIn6;
import sluice.spi.Peer;

/// Room for the address of a peer as C has it, in the family of one socket: an IPv6 socket sees
/// IPv4 peers mapped, just as [Peer] holds them. Filling and reading it allocates nothing.
final class PeerSpace {
  private final boolean ipv4;
  private final MemorySegment address;
  private final MemorySegment length;

  /// Makes room in `memory`.
  PeerSpace(SegmentAllocator memory, boolean ipv4) {
    this.ipv4 = ipv4;
    address = memory.allocate(ipv4 ? SockaddrIn.LAYOUT : SockaddrIn6.LAYOUT);
    length = memory.allocate(JAVA_INT);
  }

  /// Returns where the address is.
  MemorySegment address() {
    return address;
  }

  /// Returns its size in bytes.
  int size() {
    return (int) address.byteSize();
  }

  /// Returns where the kernel says how long an address is, set to how much there is room for.
  MemorySegment length() {
    length.set(JAVA_INT, 0, size());
    return length;
  }

  /// Fills it with `peer`, which is of the socket's family.
  void set(Peer peer) {
    if (ipv4) {
      SockaddrIn.set(address, peer.ipv4(), peer.port());
    } else {
      SockaddrIn6.set(address, peer.high(), peer.low(), peer.port(), peer.scope());
    }
  }

  /// Fills it with no address, to which a socket is connected that is not connected
  /// ([connect(2)](https://man7.org/linux/man-pages/man2/connect.2.html)).
  void setUnspecified() {
    SockaddrIn.setUnspecified(address);
  }

  /// Makes `peer` hold the address that is there.
  void get(Peer peer) {
    if (ipv4) {
      peer.setIpv4(SockaddrIn.bits(address), SockaddrIn.port(address));
    } else {
      peer.setIpv6(
          SockaddrIn6.high(address),
          SockaddrIn6.low(address),
          SockaddrIn6.scope(address),
          SockaddrIn6.port(address));
    }
  }
}
