package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import sluice.PeerAddress;
import sluice.UdpSocket;

/// UDP sockets with one peer, and what they are told about it.
public abstract class UdpConnectContract extends UdpSuite {
  private static final SocketAddress ELSEWHERE = address("203.0.113.1", 9);

  @Test
  void connectedSocketExchangesDatagramsWithItsPeerOnly() throws Exception {
    UdpSocket socket = udp();
    UdpSocket peer = udp();
    UdpSocket stranger = udp();
    send(stranger, socket, "waiting");
    send(stranger, socket, "waiting, too");
    socket.connect(peer.localAddress());
    assertNothingWaits(socket);
    assertThat(stranger.send(bytes("late"), socket.localAddress())).isTrue();

    assertThat(socket.send(bytes("there"))).isTrue();
    assertThat(receive(peer).sender()).isEqualTo(PeerAddress.of(socket.localAddress()));
    send(peer, socket, "back");
    Datagram back = receive(socket);
    assertThat(back).isEqualTo(new Datagram("back", PeerAddress.of(peer.localAddress())));
    assertNothingWaits(socket);
    assertThat(socket.remoteAddress()).isEqualTo(peer.localAddress());
  }

  @Test
  void connectsOverIpv6() throws Exception {
    if (!hasIpv6()) {
      assertThatThrownBy(() -> udp(address("::1")))
          .isInstanceOfAny(SocketException.class, UnsupportedOperationException.class);
      return;
    }
    UdpSocket socket = udp(address("::"));
    for (String host : List.of("::1", "127.0.0.1")) {
      UdpSocket peer = udp(address(host));
      socket.connect(peer.localAddress());
      assertThat(socket.send(bytes("there"))).isTrue();
      Datagram there = receive(peer);
      assertThat(there.sender()).isEqualTo(PeerAddress.of(socket.localAddress()));
      assertThat(peer.send(bytes("back"), there.sender())).isTrue();
      assertThat(receive(socket).sender()).isEqualTo(PeerAddress.of(socket.remoteAddress()));
    }
  }

  @Test
  void connectingAgainChangesThePeer() throws Exception {
    UdpSocket socket = udp();
    UdpSocket first = udp();
    UdpSocket second = udp();
    SocketAddress local = socket.localAddress();
    for (int i = 0; i < 10; i++) {
      socket.connect(first.localAddress());
      send(first, socket, "of the former");
      socket.connect(second.localAddress());
      assertNothingWaits(socket);
      assertThat(socket.send(bytes("there"))).isTrue();
      assertThat(receive(second).text()).isEqualTo("there");
      assertThat(first.send(bytes("unwanted"), local)).isTrue();
      send(second, socket, "back");
      assertThat(receive(socket).text()).isEqualTo("back");
      assertNothingWaits(first);
    }
    assertThat(socket.localAddress()).isEqualTo(local);
  }

  @Test
  void disconnectOpensItToEveryoneAndKeepsItsAddress() throws Exception {
    for (InetSocketAddress where : List.of(loopback(), address("0.0.0.0"))) {
      UdpSocket socket = udp(where);
      UdpSocket peer = udp();
      UdpSocket other = udp();
      SocketAddress local = socket.localAddress();
      SocketAddress reached = address("127.0.0.1", portOf(socket));
      socket.disconnect(); // nothing to end
      for (int i = 0; i < 20; i++) {
        socket.connect(peer.localAddress());
        assertThat(socket.localAddress()).isEqualTo(reached);
        socket.disconnect();
        assertThat(socket.localAddress()).isEqualTo(local);
        assertThat(other.send(bytes("hello"), reached)).isTrue();
        assertThat(receive(socket).sender()).isEqualTo(PeerAddress.of(other.localAddress()));
      }
      assertThat(socket.send(bytes("anyone"), other.localAddress())).isTrue();
      assertThat(receive(other).text()).isEqualTo("anyone");
    }
  }

  @Test
  void closedPortIsToldOnceByReceiveThenAllIsWell() throws Exception {
    SocketAddress target = closedPort();
    UdpSocket socket = udp();
    socket.connect(target);
    for (int i = 0; i < 3; i++) {
      assertThat(socket.send(bytes("anybody?"))).isTrue();
      awaitReadable(socket);
      ByteBuffer room = ByteBuffer.allocate(8).position(1);
      PeerAddress holder = PeerAddress.create();
      assertThatThrownBy(() -> socket.receive(room, holder))
          .isInstanceOf(PortUnreachableException.class)
          .hasMessageContaining(socket.toString());
      assertThat(room.position()).isOne();
      assertThat(holder.isEmpty()).isTrue();
      assertNothingWaits(socket);
    }
    UdpSocket late = udp(target);
    assertThat(socket.send(bytes("now"))).isTrue();
    assertThat(receive(late).text()).isEqualTo("now");
    send(late, socket, "yes");
    assertThat(receive(socket).text()).isEqualTo("yes");
  }

  @Test
  void closedPortIsToldOnceBySendWhichSendsNothingThen() throws Exception {
    SocketAddress target = closedPort();
    UdpSocket socket = udp();
    socket.connect(target);
    assertThat(socket.send(bytes("anybody?"))).isTrue();
    awaitReadable(socket);
    UdpSocket late = udp(target);
    ByteBuffer data = bytes("again");
    assertThatThrownBy(() -> socket.send(data)).isInstanceOf(PortUnreachableException.class);
    assertThat(data.remaining()).isEqualTo(5);
    assertThat(socket.send(data)).isTrue();
    assertThat(receive(late).text()).isEqualTo("again");
    assertNothingWaits(late);
    assertNothingWaits(socket);
  }

  @Test
  void unconnectedSocketIsNotToldOfClosedPorts() throws Exception {
    UdpSocket server = udp();
    SocketAddress gone = closedPort();
    UdpSocket client = udp();
    for (int i = 0; i < 5; i++) {
      assertThat(server.send(bytes("anybody?"), gone)).isTrue();
      assertNothingWaits(server);
      assertTheyTalk(client, server);
    }
  }

  @Test
  void errorOfAFormerPeerIsForgotten() throws Exception {
    UdpSocket socket = udp();
    UdpSocket other = udp();
    for (int i = 0; i < 4; i++) {
      socket.connect(closedPort());
      assertThat(socket.send(bytes("anybody?"))).isTrue();
      awaitReadable(socket);
      if (i % 2 == 0) {
        socket.disconnect();
        assertTheyTalk(socket, other);
      } else {
        socket.connect(other.localAddress());
        assertThat(socket.send(bytes("hello"))).isTrue();
        assertThat(receive(other).text()).isEqualTo("hello");
      }
      assertNothingWaits(socket);
    }
  }

  @Test
  void connectWithoutAWayFailsAndLeavesItUnconnected() throws Exception {
    UdpSocket socket = udp(address("127.0.0.1")); // from where there is no way out
    UdpSocket peer = udp();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> socket.connect(ELSEWHERE))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("203.0.113.1:9");
      assertThatThrownBy(() -> socket.send(bytes("x"))).isInstanceOf(SocketException.class);
      assertThatThrownBy(socket::remoteAddress).isInstanceOf(SocketException.class);
      assertTheyTalk(socket, peer);
      socket.connect(peer.localAddress()); // the next one ends this connection
    }
  }

  @Test
  void sendWithoutAWayHurtsOnlyItself() throws Exception {
    UdpSocket socket = udp(address("127.0.0.1"));
    ByteBuffer data = bytes("x");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> socket.send(data, ELSEWHERE))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining(socket.toString());
      assertThat(data.remaining()).isOne();
    }
    assertTheyTalk(socket, udp());
  }

  @Test
  void callsForTheOtherStateFailAndSpoilNothing() throws Exception {
    UdpSocket socket = udp();
    UdpSocket peer = udp();
    UdpSocket stranger = udp();
    assertThatThrownBy(() -> socket.send(bytes("x")))
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("not connected");
    assertThatThrownBy(socket::remoteAddress).isInstanceOf(SocketException.class);

    socket.connect(peer.localAddress());
    ByteBuffer data = bytes("x");
    assertThatThrownBy(() -> socket.send(data, PeerAddress.of(stranger.localAddress())))
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("not connected to");
    assertThat(data.remaining()).isOne();
    assertThat(socket.send(data, PeerAddress.of(peer.localAddress()))).isTrue();
    assertThat(receive(peer).text()).isEqualTo("x");
    assertNothingWaits(stranger);
  }

  @Test
  void nameTellsBackendAddressAndPeer() throws Exception {
    UdpSocket socket = udp();
    UdpSocket peer = udp();
    assertThat(socket.toString())
        .startsWith("UdpSocket[" + backend().name())
        .endsWith(" 127.0.0.1:" + portOf(socket) + "]");
    socket.connect(peer.localAddress());
    assertThat(socket.toString()).endsWith(" to 127.0.0.1:" + portOf(peer) + "]");
    socket.disconnect();
    assertThat(socket.toString()).endsWith(" 127.0.0.1:" + portOf(socket) + "]");
  }
}
