package sluice.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import sluice.PeerAddress;

class PeerTest {
  private static InetSocketAddress address(String host, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(host), port);
  }

  private static InetSocketAddress linkLocal(int interfaceIndex) throws Exception {
    byte[] bytes = InetAddress.ofLiteral("fe80::1").getAddress();
    return new InetSocketAddress(Inet6Address.getByAddress(null, bytes, interfaceIndex), 7);
  }

  @Test
  void holdsEveryKindOfAddress() throws Exception {
    PeerAddress holder = PeerAddress.create();
    for (InetSocketAddress address :
        List.of(
            address("127.0.0.1", 1),
            address("255.254.253.252", 65_535),
            address("0.0.0.0", 80),
            address("::", 80),
            address("::1", 8000),
            address("2001:db8:1234:5678:9abc:def0:fedc:ba98", 443),
            address("::ffff:0:0:1", 2), // which is no address of IPv4
            linkLocal(3))) {
      PeerAddress peer = PeerAddress.of(address);
      assertThat(peer.toSocketAddress()).isEqualTo(address);
      assertThat(peer.port()).isEqualTo(address.getPort());
      assertThat(peer.isEmpty()).isFalse();
      assertThat(peer.toString()).isEqualTo(Addresses.format(address));
      holder.copyFrom(peer);
      assertThat(holder).isEqualTo(peer).hasSameHashCodeAs(peer);
    }
  }

  @Test
  void ipv4IsTheSameFromAnIpv6Socket() {
    Peer four = new Peer();
    four.setIpv4(0xC0A8_01FE, 53);
    Peer mapped = new Peer();
    mapped.setIpv6(0, 0xFFFF_C0A8_01FEL, 0, 53);
    assertThat(mapped).isEqualTo(four).isEqualTo(PeerAddress.of(address("192.168.1.254", 53)));
    assertThat(mapped).hasSameHashCodeAs(four);
    assertThat(mapped.isIpv4()).isTrue();
    assertThat(mapped.ipv4()).isEqualTo(0xC0A8_01FE);
    assertThat(((Peer) PeerAddress.of(address("::1", 53))).isIpv4()).isFalse();
  }

  @Test
  void addressPortAndInterfaceTellPeersApart() throws Exception {
    Set<PeerAddress> different = new HashSet<>();
    for (InetSocketAddress address :
        List.of(
            address("10.0.0.1", 7),
            address("10.0.0.2", 7),
            address("10.0.0.1", 8),
            address("::10.0.0.1", 7),
            address("1::10.0.0.1", 7),
            linkLocal(1),
            linkLocal(2))) {
      assertThat(different.add(PeerAddress.of(address))).as(address.toString()).isTrue();
    }
    assertThat(PeerAddress.of(address("10.0.0.1", 7))).isNotEqualTo(address("10.0.0.1", 7));
  }

  @Test
  void portsOfOneHostHaveDifferentHashCodes() {
    Set<Integer> codes = new HashSet<>();
    Peer peer = new Peer();
    for (int port = 1; port < 65_536; port++) {
      peer.setIpv4(0x7F00_0001, port);
      codes.add(peer.hashCode());
    }
    assertThat(codes).hasSize(65_535);
  }

  @Test
  void holderFindsTheCopyThatIsAKey() {
    Map<PeerAddress, String> names = new HashMap<>();
    Peer holder = new Peer();
    for (int port = 1; port < 100; port++) {
      holder.set(address("::1", port));
      names.put(holder.copy(), "port " + port);
    }
    for (int port = 1; port < 100; port++) {
      holder.set(address("::1", port));
      assertThat(names).containsEntry(holder, "port " + port);
    }
  }

  @Test
  void newOneHoldsNoAddress() {
    PeerAddress empty = PeerAddress.create();
    assertThat(empty.isEmpty()).isTrue();
    assertThat(empty.port()).isZero();
    assertThat(empty).hasToString("none").isEqualTo(PeerAddress.create());
    assertThatThrownBy(empty::toSocketAddress).isInstanceOf(IllegalStateException.class);
    PeerAddress used = PeerAddress.of(address("127.0.0.1", 1));
    used.copyFrom(empty);
    assertThat(used.isEmpty()).isTrue();
  }

  @Test
  void otherAddressesAreRefused() {
    for (SocketAddress wrong :
        List.of(
            InetSocketAddress.createUnresolved("nowhere.invalid", 80),
            UnixDomainSocketAddress.of("/tmp/socket"))) {
      assertThatThrownBy(() -> PeerAddress.of(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
