package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sluice.PeerAddress;
import sluice.UdpSocket;

/// Datagrams between sockets that are not connected: lengths, senders, buffers.
public abstract class UdpContract extends UdpSuite {
  private static final int LONGEST = 65_507; // 65,535 less the headers of IPv4 and UDP

  @Test
  void datagramsComeWithTheirSenderOverIpv4() throws Exception {
    UdpSocket one = udp(address("127.0.0.1"));
    UdpSocket other = udp(address("127.0.0.1"));
    assertTheyTalk(one, other);
    send(one, other, "x");
    assertThat(receive(other).sender().toSocketAddress()).isEqualTo(one.localAddress());
  }

  @Test
  void datagramsComeWithTheirSenderOverIpv6() throws Exception {
    if (!hasIpv6()) {
      assertThatThrownBy(() -> udp(address("::1")))
          .isInstanceOfAny(SocketException.class, UnsupportedOperationException.class);
      return;
    }
    UdpSocket one = udp(address("::1"));
    UdpSocket other = udp(address("::1"));
    assertTheyTalk(one, other);
    send(one, other, "x");
    assertThat(receive(other).sender().toSocketAddress()).isEqualTo(one.localAddress());
  }

  @Test
  void socketOnAllIpv6AddressesTalksToIpv4PeersUnderTheirOwnAddress() throws Exception {
    if (!hasIpv6()) {
      assertThatThrownBy(() -> udp(address("::")))
          .isInstanceOfAny(SocketException.class, UnsupportedOperationException.class);
      return;
    }
    UdpSocket all = udp(address("::"));
    UdpSocket four = udp(address("127.0.0.1"));
    SocketAddress toAll = address("127.0.0.1", portOf(all));
    assertThat(four.send(bytes("there"), toAll)).isTrue();
    Datagram there = receive(all);
    assertThat(there.sender()).isEqualTo(PeerAddress.of(four.localAddress()));
    assertThat(all.send(bytes("back"), there.sender())).isTrue();
    assertThat(receive(four).sender()).isEqualTo(PeerAddress.of(toAll));

    UdpSocket six = udp(address("::1"));
    assertThat(six.send(bytes("six"), address("::1", portOf(all)))).isTrue();
    assertThat(receive(all).sender()).isEqualTo(PeerAddress.of(six.localAddress()));
  }

  @Test
  void linkLocalPeersKeepTheirInterface() throws Exception {
    if (!hasIpv6()) {
      assertThatThrownBy(() -> udp(linkLocal()))
          .isInstanceOfAny(SocketException.class, UnsupportedOperationException.class);
      return;
    }
    UdpSocket one = udp(linkLocal());
    UdpSocket other = udp(linkLocal());
    assertTheyTalk(one, other);
    send(one, other, "x");
    assertThat(receive(other).sender()).isEqualTo(PeerAddress.of(one.localAddress()));
    one.connect(other.localAddress());
    send(other, one, "back");
    assertThat(receive(one).sender()).isEqualTo(PeerAddress.of(one.remoteAddress()));
  }

  @Test
  void emptyDatagramIsAMessageWithASender() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    assertThat(one.send(ByteBuffer.allocate(0), other.localAddress())).isTrue();
    awaitReadable(other);
    PeerAddress sender = PeerAddress.create();
    assertThat(other.receive(ByteBuffer.allocate(8), sender)).isZero();
    assertThat(sender).isEqualTo(PeerAddress.of(one.localAddress()));
    assertNothingWaits(other);

    assertThat(one.send(bytes("......").position(6), other.localAddress())).isTrue();
    awaitReadable(other);
    assertThat(other.receive(ByteBuffer.allocateDirect(8))).isZero();
    assertTheyTalk(one, other);
  }

  @Test
  void nothingWaitingIsToldAndLeavesBufferAndHolderAlone() throws Exception {
    UdpSocket socket = udp();
    ByteBuffer data = ByteBuffer.allocate(8).position(3);
    PeerAddress holder = PeerAddress.of(address("127.0.0.1", 9));
    assertThat(socket.receive(data, holder)).isEqualTo(-1);
    assertThat(data.position()).isEqualTo(3);
    assertThat(holder.port()).isEqualTo(9);
    PeerAddress empty = PeerAddress.create();
    assertThat(socket.receive(data, empty)).isEqualTo(-1);
    assertThat(empty.isEmpty()).isTrue();
  }

  @Test
  void boundariesAndOrderAreKept() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    ByteBuffer data = ByteBuffer.allocate(4096);
    for (int length : new int[] {1, 0, 1000, 7, 3000, 0, 2}) {
      byte[] sent = randomBytes(length, length);
      assertThat(one.send(ByteBuffer.wrap(sent), other.localAddress())).isTrue();
    }
    for (int length : new int[] {1, 0, 1000, 7, 3000, 0, 2}) {
      awaitReadable(other);
      assertThat(other.receive(data.clear())).isEqualTo(length);
      assertThat(data.flip()).isEqualTo(ByteBuffer.wrap(randomBytes(length, length)));
    }
    assertNothingWaits(other);
  }

  @Test
  void cutDatagramTellsItsLengthAndItsRestIsLost() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    for (ByteBuffer room : List.of(ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10))) {
      send(one, other, "0123456789");
      send(one, other, "next");
      PeerAddress sender = PeerAddress.create();
      assertThat(other.receive(room.position(2).limit(6), sender)).isEqualTo(10);
      assertThat(room.position()).isEqualTo(6);
      assertThat(room.position(2)).isEqualTo(bytes("0123"));
      assertThat(sender).isEqualTo(PeerAddress.of(one.localAddress()));
      assertThat(receive(other).text()).isEqualTo("next");
      assertNothingWaits(other);
    }
  }

  @Test
  void datagramIsTakenThoughThereIsNoRoomAtAll() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    send(one, other, "lost");
    assertThat(other.receive(ByteBuffer.allocate(0))).isEqualTo(4);
    assertNothingWaits(other);
    assertTheyTalk(one, other);
  }

  @Test
  void longDatagramIsCutByItsRealLength() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    byte[] sent = randomBytes(3, 60_000);
    assertThat(one.send(ByteBuffer.wrap(sent), other.localAddress())).isTrue();
    awaitReadable(other);
    ByteBuffer room = ByteBuffer.allocate(100);
    assertThat(other.receive(room)).isEqualTo(60_000);
    assertThat(room.flip()).isEqualTo(ByteBuffer.wrap(sent, 0, 100));
  }

  @Test
  void longestDatagramIsWholeAndALongerOneHurtsOnlyItself() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    byte[] sent = randomBytes(5, LONGEST + 1);
    for (int longer : new int[] {LONGEST + 1, 65_535, 65_536, 1 << 20}) {
      ByteBuffer tooLong = ByteBuffer.allocate(longer);
      assertThatThrownBy(() -> one.send(tooLong, other.localAddress()))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("too long")
          .hasMessageContaining(one.toString());
      assertThat(tooLong.position()).isZero();
    }
    assertThat(one.send(ByteBuffer.wrap(sent, 0, LONGEST), other.localAddress())).isTrue();
    awaitReadable(other);
    ByteBuffer room = ByteBuffer.allocateDirect(1 << 17);
    assertThat(other.receive(room)).isEqualTo(LONGEST);
    assertThat(room.flip()).isEqualTo(ByteBuffer.wrap(sent, 0, LONGEST));
    assertTheyTalk(one, other);
  }

  @Test
  void takesEveryKindOfBuffer() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    for (ByteBuffer source : Buffers.full()) {
      for (ByteBuffer target : Buffers.empty()) {
        ByteBuffer data = source.duplicate();
        ByteBuffer room = target.duplicate();
        assertThat(one.send(data, other.localAddress())).isTrue();
        assertThat(data.hasRemaining()).isFalse();
        assertThat(data.position()).isEqualTo(source.limit());
        awaitReadable(other);
        assertThat(other.receive(room)).isEqualTo(10);
        assertThat(room.position()).isEqualTo(target.position() + 10);
        assertThat(room.position(target.position())).isEqualTo(Buffers.text());
      }
    }
  }

  @Test
  void receiveIntoAReadOnlyBufferIsRefusedAndLosesNothing() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    send(one, other, "kept");
    assertThatThrownBy(() -> other.receive(ByteBuffer.allocate(8).asReadOnlyBuffer()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(receive(other).text()).isEqualTo("kept");
  }

  @Test
  void oneHolderTellsManyPeersApart() throws Exception {
    UdpSocket server = udp();
    List<UdpSocket> clients = new ArrayList<>();
    Map<PeerAddress, String> names = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      UdpSocket client = udp();
      clients.add(client);
      names.put(PeerAddress.of(client.localAddress()), "client " + i);
    }
    PeerAddress from = PeerAddress.create();
    ByteBuffer data = ByteBuffer.allocate(16);
    for (int round = 0; round < 3; round++) {
      for (UdpSocket client : clients) {
        assertThat(client.send(bytes("who am I"), server.localAddress())).isTrue();
      }
      for (int i = 0; i < clients.size(); i++) {
        awaitReadable(server);
        assertThat(server.receive(data.clear(), from)).isEqualTo(8);
        assertThat(names).containsKey(from);
        assertThat(server.send(bytes(String.valueOf(names.get(from))), from)).isTrue();
      }
      for (int i = 0; i < clients.size(); i++) {
        assertThat(receive(clients.get(i)).text()).isEqualTo("client " + i);
      }
    }
  }

  @Test
  void peerWithPortZeroIsRefusedAndHurtsNothing() throws Exception {
    UdpSocket one = udp();
    UdpSocket other = udp();
    PeerAddress forged = PeerAddress.of(loopback()); // whoever sends may claim so
    ByteBuffer data = bytes("x");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> one.send(data, forged)).isInstanceOf(SocketException.class);
      assertThat(data.remaining()).isOne();
    }
    assertTheyTalk(one, other);
  }

  @Test
  void wrongAddressesAreRefused() throws Exception {
    UdpSocket socket = udp(address("127.0.0.1"));
    InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 80);
    for (SocketAddress wrong : List.of(unresolved, unixAddress())) {
      assertThatThrownBy(() -> udp(wrong)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> socket.send(bytes("x"), wrong))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> socket.connect(wrong)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> socket.send(bytes("x"), loopback()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> socket.connect(loopback()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> socket.send(bytes("x"), PeerAddress.create()))
        .isInstanceOf(IllegalArgumentException.class);
    InetSocketAddress six = address("::1", 9);
    assertThatThrownBy(() -> socket.send(bytes("x"), six))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("IPv4");
    assertThatThrownBy(() -> socket.connect(six)).isInstanceOf(IllegalArgumentException.class);
    assertTheyTalk(socket, udp());
  }
}
