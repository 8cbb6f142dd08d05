package sluice.testkit.contract;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import sluice.server.Connection;
import sluice.server.Server;

/// What the loop allocates for a message, once it is warm.
@Isolated // the compilers need the processors
public abstract class ServerAllocationContract extends ServerSuite {
  private static final int WARM_UP = 20_000;
  private static final int EXCHANGES = 10_000;
  private static final int BATCHES_MAX = 30;

  /// Tables that grow may cost something now and then. A message that costs an object costs 16
  /// bytes at least.
  private static final double SLACK_BYTES = 0.1;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /// Returns how many bytes a message may cost.
  protected abstract int bytesPerMessageMax();

  /// An echo that notes on which thread it runs.
  private static final class Noting extends Echo {
    private final BiConsumer<Connection, ByteBuffer> onData;
    volatile long thread;

    Noting(BiConsumer<Connection, ByteBuffer> onData) {
      this.onData = onData;
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      thread = Thread.currentThread().threadId();
      super.onOpen(connection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      onData.accept(connection, data);
    }
  }

  /// Sends a message and waits for its answer.
  @FunctionalInterface
  private interface Exchange {
    void run() throws Exception;
  }

  @Test
  void echoAllocatesNoMore() throws Exception {
    assertEchoAllocatesNoMore(64, Connection::write);
  }

  @Test
  void echoOfBigMessagesAllocatesNoMore() throws Exception {
    assertEchoAllocatesNoMore(16 * KIB, Connection::write);
  }

  @Test
  void answersThatAreCopiedAllocateNoMore() throws Exception {
    ByteBuffer memory = ByteBuffer.allocateDirect(64);
    assertEchoAllocatesNoMore(
        64,
        (connection, data) -> {
          memory.clear().put(data).flip();
          connection.write(memory);
        });
  }

  @Test
  void pausedReadingAllocatesNoMore() throws Exception {
    Connection[] paused = new Connection[1];
    Noting handler =
        new Noting((connection, data) -> {
          Connection other = paused[0];
          if (data.get(data.position()) == 'p') {
            connection.pauseReading();
            paused[0] = connection;
          } else if (other != null) {
            other.resumeReading();
          }
          connection.write(data);
        });
    Server server = serve(handler);
    Socket one = connect(server);
    Socket two = connect(server);
    byte[] pause = "p".getBytes(US_ASCII);
    byte[] resume = "r".getBytes(US_ASCII);
    byte[] answer = new byte[1];
    assertAllocatesNoMore(
        handler,
        3,
        () -> {
          exchange(one, pause, answer);
          one.getOutputStream().write(resume); // waits in the system until it is resumed
          exchange(two, resume, answer);
          assertThat(one.getInputStream().readNBytes(answer, 0, 1)).isOne();
        });
  }

  private void assertEchoAllocatesNoMore(int bytes, BiConsumer<Connection, ByteBuffer> onData)
      throws Exception {
    Noting handler = new Noting(onData);
    Socket client = connect(serve(handler));
    byte[] message = new byte[bytes];
    Arrays.fill(message, (byte) 'm');
    byte[] answer = new byte[bytes];
    assertAllocatesNoMore(handler, 1, () -> exchange(client, message, answer));
    assertThat(answer).isEqualTo(message);
  }

  private static void exchange(Socket client, byte[] message, byte[] answer) throws Exception {
    client.getOutputStream().write(message);
    assertThat(client.getInputStream().readNBytes(answer, 0, answer.length))
        .isEqualTo(answer.length);
  }

  private void assertAllocatesNoMore(Noting handler, int messages, Exchange exchange)
      throws Exception {
    repeat(WARM_UP, exchange);
    double most = bytesPerMessageMax() + SLACK_BYTES;
    double bytes = Double.MAX_VALUE;
    for (int i = 0; i < BATCHES_MAX && bytes > most; i++) { // on a busy machine compilers are late
      long before = THREADS.getThreadAllocatedBytes(handler.thread);
      repeat(EXCHANGES, exchange);
      long allocated = THREADS.getThreadAllocatedBytes(handler.thread) - before;
      bytes = (double) allocated / EXCHANGES / messages;
    }
    assertThat(bytes).as("bytes for a message").isLessThanOrEqualTo(most);
  }

  private static void repeat(int count, Exchange exchange) throws Exception {
    for (int i = 0; i < count; i++) {
      exchange.run();
    }
  }
}
