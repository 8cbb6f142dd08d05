package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import sluice.server.CloseReason;
import sluice.server.ConnectionHandler;
import sluice.server.Counters;
import sluice.server.Frames;
import sluice.server.Limits;
import sluice.server.Refusal;
import sluice.server.Server;

/// What the suites about [Limits] share.
public abstract class ServerLimitsSuite extends ServerSuite {
  static final String FULL = "full\n";
  static final int LINE_BYTES = 1_000;

  final Server serve(Limits.Builder limits, ConnectionHandler handler) throws IOException {
    return track(
        Server.builder()
            .backend(backend())
            .listen(loopback())
            .limits(limits.build())
            .refusalMessage(
                ByteBuffer.wrap(FULL.getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
            .handler(handler)
            .start());
  }

  /// Answers each line with itself and a line feed.
  static ConnectionHandler lines(Echo inner) {
    return Frames.lines(LINE_BYTES, inner);
  }

  /// Connects from another address of this machine.
  final Socket connectFrom(String address, Server server) throws IOException {
    Socket client = track(new Socket());
    client.setSoTimeout((int) LONG.toMillis());
    client.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
    client.connect(address(server), (int) LONG.toMillis());
    return client;
  }

  /// Checks that a client is told why it is not served, and left.
  static void assertRefused(Socket client) throws IOException {
    assertThat(receiveRest(client)).isEqualTo(FULL);
  }

  static void awaitRefused(Server server, Refusal why, long count) throws Exception {
    Wait.until(count + " refused as " + why, () -> refused(server.counters(), why) == count);
  }

  static long refused(Counters counters, Refusal why) {
    return counters.refused().getOrDefault(why, -1L);
  }

  static void awaitClosed(Server server, CloseReason why, long count) throws Exception {
    Wait.until(
        count + " closed as " + why + " in " + server.counters(),
        () -> server.counters().closed().getOrDefault(why, -1L) == count);
    assertAddUp(server);
  }

  /// Checks that the figures add up, once nothing is going on.
  static void assertAddUp(Server server) throws Exception {
    Wait.until("the figures add up: " + server.counters(), () -> addsUp(server.counters()));
  }

  private static boolean addsUp(Counters counters) {
    long refused = counters.refused().values().stream().mapToLong(Long::longValue).sum();
    long closed = counters.closed().values().stream().mapToLong(Long::longValue).sum();
    return counters.offered() == counters.accepted() + refused
        && counters.accepted() == counters.open() + closed;
  }
}
