package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// What the suites about the server share: a server, clients that block, and a handler that notes
/// what it is told.
public abstract class ServerSuite extends BackendContract {
  static final int KIB = 1024;
  static final int MIB = 1024 * KIB;

  /// Tasks that a loop takes before it rejects more.
  static final int TASKS_MAX = 1 << 16;

  /// Sends back what it gets, and notes who came and why each ended.
  static class Echo implements ConnectionHandler {
    final BlockingQueue<Connection> opened = new LinkedBlockingQueue<>();
    final BlockingQueue<CloseReason> closed = new LinkedBlockingQueue<>();

    @Override
    public void onOpen(Connection connection) throws Exception {
      opened.add(connection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      connection.write(data);
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      closed.add(reason);
    }

    /// Returns the next client that came.
    final Connection next() throws Exception {
      return await(opened);
    }

    /// Returns why the next one ended that has ended.
    final CloseReason reason() throws Exception {
      return await(closed);
    }
  }

  static <T> T await(BlockingQueue<T> queue) throws Exception {
    T next = queue.poll(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(next).as("came within the limit").isNotNull();
    return Objects.requireNonNull(next);
  }

  static void await(CountDownLatch latch) throws Exception {
    assertThat(latch.await(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).as("came in time").isTrue();
  }

  final Server serve(ConnectionHandler handler) throws IOException {
    return track(Server.builder().backend(backend()).listen(loopback()).handler(handler).start());
  }

  final Socket connect(Server server) throws IOException {
    return connect(server, 0);
  }

  /// Connects a client with a receive buffer of about so many bytes.
  final Socket connect(Server server, int receiveBytes) throws IOException {
    Socket client = track(new Socket());
    if (receiveBytes > 0) {
      client.setReceiveBufferSize(receiveBytes);
    }
    client.setSoTimeout((int) LONG.toMillis());
    client.setTcpNoDelay(true);
    client.connect(address(server), (int) LONG.toMillis());
    return client;
  }

  static InetSocketAddress address(Server server) {
    return (InetSocketAddress) server.addresses().getFirst();
  }

  static void send(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  static byte[] receiveBytes(Socket client, int count) throws IOException {
    byte[] data = client.getInputStream().readNBytes(count);
    if (data.length < count) {
      throw new EOFException("the stream ended after " + data.length + " of " + count + " bytes");
    }
    return data;
  }

  /// Compares what is too long to be printed.
  static void assertSameBytes(byte[] actual, byte[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    assertThat(Arrays.mismatch(actual, expected)).as("first difference").isEqualTo(-1);
  }

  static String receive(Socket client, int count) throws IOException {
    return new String(receiveBytes(client, count), StandardCharsets.US_ASCII);
  }

  static String receiveRest(Socket client) throws IOException {
    return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  /// Checks that what is sent comes back.
  static void assertServed(Socket client, String text) throws IOException {
    send(client, text);
    assertThat(receive(client, text.length())).isEqualTo(text);
  }

  static void assertEnds(Socket client) throws IOException {
    assertThat(client.getInputStream().read()).as("end of stream").isEqualTo(-1);
  }

  /// Checks that what comes, after any data, is a reset.
  static void assertReset(Socket client) {
    assertThatThrownBy(() -> client.getInputStream().readAllBytes())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  /// Leaves with a reset.
  static void reset(Socket client) throws IOException {
    client.setSoLinger(true, 0);
    client.close();
  }

  static ByteBuffer zeros(int count) {
    return ByteBuffer.allocate(count);
  }

  /// Holds up a loop until it is closed.
  static final class Blocked implements AutoCloseable {
    private final CountDownLatch release = new CountDownLatch(1);

    Blocked(Connection connection) throws Exception {
      CountDownLatch entered = new CountDownLatch(1);
      connection.execute(() -> {
        entered.countDown();
        try {
          await(release);
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      });
      await(entered);
    }

    /// Gives the loop as many tasks as it takes.
    void fill(Connection connection) {
      int taken = 0;
      try {
        while (taken <= TASKS_MAX) {
          connection.execute(() -> {});
          taken++;
        }
      } catch (RejectedExecutionException _) {
        // full
      }
      assertThat(taken).isEqualTo(TASKS_MAX);
    }

    @Override
    public void close() {
      release.countDown();
    }
  }
}
