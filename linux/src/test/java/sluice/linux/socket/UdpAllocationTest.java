package sluice.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sluice.Backend;
import sluice.PeerAddress;
import sluice.UdpSocket;

/// Receiving and answering allocates nothing, with two peers that alternate, and whatever kinds of
/// buffers there are.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UdpAllocationTest {
  private static final int WARM_UP_PACKETS = 60_000;
  private static final int PACKETS = 200_000;
  private static final int DATAGRAM_BYTES_MAX = 1400;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /// Exchanges two datagrams.
  @FunctionalInterface
  private interface Exchange {
    void run(ByteBuffer buffer, int length) throws Exception;
  }

  private final PeerAddress from = PeerAddress.create();
  private final ByteBuffer heap = ByteBuffer.allocate(DATAGRAM_BYTES_MAX + 9).position(9).slice();
  private final ByteBuffer direct = ByteBuffer.allocateDirect(DATAGRAM_BYTES_MAX);
  private final List<UdpSocket> sockets = new ArrayList<>();
  private int turn;
  private int cut;

  @AfterEach
  void close() {
    sockets.forEach(UdpSocket::close);
  }

  private UdpSocket udp(InetAddress host) throws Exception {
    UdpSocket socket = Backend.of("epoll").bindUdp(new InetSocketAddress(host, 0));
    sockets.add(socket);
    return socket;
  }

  static Stream<InetAddress> loopbacks() throws SocketException {
    InetAddress six = InetAddress.ofLiteral("::1");
    InetAddress four = InetAddress.ofLiteral("127.0.0.1");
    return NetworkInterface.getByInetAddress(six) == null ? Stream.of(four) : Stream.of(four, six);
  }

  @ParameterizedTest
  @MethodSource("loopbacks")
  void alternatingPeersCostNoAllocation(InetAddress loopback) throws Exception {
    UdpSocket server = udp(loopback);
    UdpSocket[] clients = {udp(loopback), udp(loopback)};
    PeerAddress serverAddress = PeerAddress.of(server.localAddress());
    Map<PeerAddress, int[]> received = new HashMap<>();
    for (UdpSocket socket : sockets) {
      received.put(PeerAddress.of(socket.localAddress()), new int[1]);
    }
    assertAllocatesNothing((buffer, length) -> {
      UdpSocket client = clients[turn++ & 1];
      client.send(buffer.limit(length), serverAddress);
      take(server, buffer.clear());
      received.get(from)[0]++;
      server.send(buffer.flip(), from);
      take(client, buffer.clear());
      received.get(from)[0]++;
    });
    int each = (WARM_UP_PACKETS + PACKETS) / 4;
    assertThat(received.values())
        .extracting(count -> count[0])
        .containsExactlyInAnyOrder(2 * each, each, each);
  }

  @Test
  void connectedPeersCostNoAllocation() throws Exception {
    UdpSocket one = udp(InetAddress.getLoopbackAddress());
    UdpSocket other = udp(InetAddress.getLoopbackAddress());
    one.connect(other.localAddress());
    other.connect(one.localAddress());
    assertAllocatesNothing((buffer, length) -> {
      one.send(buffer.limit(length));
      cut += take(other, buffer.clear()) - length;
      other.send(buffer.flip());
      cut += take(one, buffer.clear()) - length;
    });
    assertThat(cut).isZero();
  }

  private int take(UdpSocket socket, ByteBuffer buffer) throws Exception {
    int length = socket.receive(buffer, from);
    while (length < 0) {
      Thread.onSpinWait();
      length = socket.receive(buffer, from);
    }
    return length;
  }

  private void assertAllocatesNothing(Exchange exchange) throws Exception {
    run(exchange, WARM_UP_PACKETS);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    run(exchange, PACKETS);
    long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    System.out.printf("udp: %d bytes allocated for %d packets%n", bytes, PACKETS);
    // One object for each of them would be sixteen times as much at least.
    assertThat(bytes).as("bytes allocated for %d packets", PACKETS).isLessThan(PACKETS);
  }

  private void run(Exchange exchange, int packets) throws Exception {
    for (int i = 0; i < packets / 2; i++) {
      ByteBuffer buffer = (i & 2) == 0 ? heap : direct;
      exchange.run(buffer.clear(), i % DATAGRAM_BYTES_MAX);
    }
  }
}
