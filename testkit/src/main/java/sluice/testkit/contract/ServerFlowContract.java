package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Server;

/// Who is slow slows down the other side and costs no memory.
public abstract class ServerFlowContract extends ServerSuite {
  private static final int FLOOD_BYTES = 64 * MIB;

  /// What the system holds at most on the way from the server to a client: the send buffer (4 MiB
  /// if nobody raised the limit) and the client's receive buffer, generously.
  private static final int SYSTEM_BYTES_MAX = 16 * MIB;

  /// The high watermark, one receive, the loop's receive buffer, and a slab of the chunk pool that
  /// is in part unused. Clients that block have buffers of their own, too.
  private static final int SERVER_BYTES_MAX = 2 * MIB;

  private static final int BLOCK_BYTES = 64 * KIB;

  @Test
  void clientThatNeverReadsIsReadNoMoreUntilItDoes() throws Exception {
    AtomicLong received = new AtomicLong();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            received.addAndGet(data.remaining());
            connection.write(data);
          }
        };
    Server server = serve(handler);
    Socket client = connect(server, BLOCK_BYTES);
    assertServed(client, "warm");
    long before = directMemory();
    AtomicLong sent = new AtomicLong();
    Background<Long> sender =
        Background.start(() -> {
          for (int i = 0; i < FLOOD_BYTES / BLOCK_BYTES; i++) {
            client.getOutputStream().write(block(i));
            sent.addAndGet(BLOCK_BYTES);
          }
          client.shutdownOutput();
          return sent.get();
        });
    awaitStandstill(received);
    long grown = directMemory() - before;
    assertThat(received.get()).as("bytes read from who does not read").isLessThan(SYSTEM_BYTES_MAX);
    assertThat(grown).as("direct memory in use").isLessThan(SERVER_BYTES_MAX);
    assertServed(connect(server), "others are served");

    for (int i = 0; i < FLOOD_BYTES / BLOCK_BYTES; i++) {
      assertThat(receiveBytes(client, BLOCK_BYTES)).as("block %d", i).isEqualTo(block(i));
    }
    assertEnds(client);
    assertThat(sender.join()).isEqualTo(FLOOD_BYTES);
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    assertThat(directMemory() - before).isLessThan(SERVER_BYTES_MAX);
  }

  private static byte[] block(int number) {
    return randomBytes(number, BLOCK_BYTES);
  }

  private static long directMemory() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  /// Returns once `counter` has stood still for a while. If that was too early, the test is weaker,
  /// but does not fail.
  static void awaitStandstill(AtomicLong counter) throws Exception {
    long[] seen = {-1, 0};
    Wait.until(
        "stands still",
        () -> {
          long now = counter.get();
          seen[1] = now == seen[0] ? seen[1] + 1 : 0;
          seen[0] = now;
          return seen[1] > 1_000;
        });
  }

  @Test
  void pauseInOnDataHoldsBackAllThatFollows() throws Exception {
    assertNothingIsLostByPauses(false);
  }

  @Test
  void resumeBehindAPauseInTheSameCallbackChangesNothing() throws Exception {
    assertNothingIsLostByPauses(true);
  }

  /// Pauses in every callback and resumes from another thread, or at once.
  private void assertNothingIsLostByPauses(boolean resumeAtOnce) throws Exception {
    BlockingQueue<byte[]> arrived = new LinkedBlockingQueue<>();
    BlockingQueue<String> wrong = new LinkedBlockingQueue<>();
    AtomicBoolean paused = new AtomicBoolean();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            if (paused.get()) {
              wrong.add("onData while paused");
            }
            connection.pauseReading();
            if (resumeAtOnce) {
              connection.resumeReading();
            } else {
              paused.set(true);
              connection.pauseReading(); // again: no matter
            }
            arrived.add(copy(data));
          }

          @Override
          public void onInputClosed(Connection connection) {
            if (paused.get()) {
              wrong.add("onInputClosed while paused");
            }
            arrived.add(new byte[0]);
            connection.close();
          }
        };
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    byte[] all = randomBytes(1, 4 * MIB);
    Background<Integer> sender =
        Background.start(() -> {
          client.getOutputStream().write(all);
          client.shutdownOutput();
          return all.length;
        });
    ByteBuffer collected = ByteBuffer.allocate(all.length);
    for (byte[] next = await(arrived); next.length > 0; next = await(arrived)) {
      collected.put(next);
      if (!resumeAtOnce) {
        assertThat(arrived.poll(1, TimeUnit.MILLISECONDS)).as("comes while paused").isNull();
        paused.set(false);
        connection.resumeReading();
      }
    }
    assertThat(sender.join()).isEqualTo(all.length);
    assertThat(collected.array()).isEqualTo(all);
    assertThat(wrong).isEmpty();
    assertEnds(client);
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    assertThat(arrived).isEmpty();
  }

  private static byte[] copy(ByteBuffer data) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    return bytes;
  }

  @Test
  void endOfStreamIsKeptWhilePausedAndComesAfterTheData() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            connection.pauseReading();
            super.onOpen(connection);
          }

          @Override
          public void onData(Connection connection, ByteBuffer data) {
            events.add(new String(copy(data), StandardCharsets.US_ASCII));
          }

          @Override
          public void onInputClosed(Connection connection) {
            events.add("end");
            connection.close();
          }
        };
    Server server = serve(handler);
    Socket client = connect(server);
    send(client, "data");
    client.shutdownOutput();
    Connection connection = handler.next();
    // What the loop does for others meanwhile, it would have done for this one, too.
    Socket other = connect(server);
    Connection awake = handler.next();
    awake.resumeReading();
    send(other, "other");
    assertThat(await(events)).isEqualTo("other");
    assertThat(events).isEmpty();
    connection.resumeReading();
    assertThat(await(events)).isEqualTo("data");
    assertThat(await(events)).isEqualTo("end");
    assertEnds(client);
  }

  @Test
  void pausedConnectionStillWritesAndCloses() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            connection.pauseReading();
            super.onOpen(connection);
          }
        };
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    send(client, "never read");
    assertThat(connection.write(bytes("hello"))).isTrue();
    assertThat(receive(client, 5)).isEqualTo("hello");
    connection.close();
    assertEnds(client);
    client.close();
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    connection.resumeReading(); // too late, and no matter
  }

  @Test
  void onWritableIsToldOnceForEachTimeTheQueueWasFull() throws Exception {
    AtomicLong writable = new AtomicLong();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            for (int i = 0; i < 3; i++) {
              assertThat(connection.write(zeros(70 * KIB))).isFalse();
            }
          }

          @Override
          public void onWritable(Connection connection) {
            writable.incrementAndGet();
            connection.write(bytes("!"));
          }
        };
    Socket client = connect(serve(handler));
    for (int i = 1; i <= 10; i++) {
      send(client, "x");
      receiveBytes(client, 3 * 70 * KIB + 1);
      assertThat(writable).hasValue(i);
    }
  }
}
