package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import sluice.PeerAddress;
import sluice.UdpSocket;

/// What the suites about UDP share: sockets, and texts as datagrams.
abstract class UdpSuite extends BackendContract {
  /// A datagram with its sender.
  record Datagram(String text, PeerAddress sender) {}

  final UdpSocket udp() throws IOException {
    return udp(loopback());
  }

  final UdpSocket udp(SocketAddress local) throws IOException {
    return track(backend().bindUdp(local));
  }

  static InetSocketAddress address(String host) {
    return address(host, 0);
  }

  static InetSocketAddress address(String host, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(host), port);
  }

  static boolean hasIpv6() throws SocketException {
    return NetworkInterface.getByInetAddress(InetAddress.ofLiteral("::1")) != null;
  }

  /// An IPv6 address that is good on one interface only, or that of loopback if there is none.
  static InetSocketAddress linkLocal() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(host -> host instanceof Inet6Address && host.isLinkLocalAddress())
        .findFirst()
        .map(host -> new InetSocketAddress(host, 0))
        .orElseGet(() -> address("::1"));
  }

  /// A loopback address where nobody receives.
  final SocketAddress closedPort() throws IOException {
    try (UdpSocket socket = backend().bindUdp(loopback())) {
      return socket.localAddress();
    }
  }

  /// Sends `text`, and waits until `to` can receive it.
  static void send(UdpSocket from, UdpSocket to, String text) throws Exception {
    assertThat(from.send(bytes(text), to.localAddress())).isTrue();
    awaitReadable(to);
  }

  /// Waits for a datagram and receives it.
  static Datagram receive(UdpSocket socket) throws Exception {
    awaitReadable(socket);
    ByteBuffer data = ByteBuffer.allocate(1024);
    PeerAddress sender = PeerAddress.create();
    int length = socket.receive(data, sender);
    assertThat(length).isBetween(0, data.capacity());
    assertThat(data.position()).isEqualTo(length);
    return new Datagram(new String(data.array(), 0, length, StandardCharsets.US_ASCII), sender);
  }

  static void assertNothingWaits(UdpSocket socket) throws IOException {
    assertThat(socket.receive(ByteBuffer.allocate(8))).isEqualTo(-1);
  }

  /// Sends a datagram to each other, which proves that both live.
  static void assertTheyTalk(UdpSocket one, UdpSocket other) throws Exception {
    send(one, other, "there");
    Datagram there = receive(other);
    assertThat(there.text()).isEqualTo("there");
    assertThat(other.send(bytes("back"), there.sender())).isTrue();
    Datagram back = receive(one);
    assertThat(back.text()).isEqualTo("back");
    assertThat(back.sender().port()).isEqualTo(portOf(other));
  }

  static int portOf(UdpSocket socket) throws IOException {
    return ((InetSocketAddress) socket.localAddress()).getPort();
  }
}
