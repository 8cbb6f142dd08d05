package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Layer;
import sluice.server.Server;

/// Watermarks, limits and closing, which are above the layers: nothing is lost in them, and they
/// let nobody have more memory.
public abstract class ServerLayersFlowContract extends ServerLayersSuite {
  private static final XorLayer ONE = new XorLayer(3);
  private static final XorLayer TWO = new XorLayer(50);
  private static final int FLOOD_BYTES = 32 * MIB;

  /// What the system holds at most on the way, generously.
  private static final int SYSTEM_BYTES_MAX = 16 * MIB;

  private static final int BLOCK_BYTES = 64 * KIB;
  private static final int HARD_BYTES = 256 * KIB;
  private static final int BIG_BYTES = 8 * MIB;
  private static final int ROUNDS = 20;

  /// Says every byte twice.
  private static final Layer DOUBLING =
      () ->
          new Plain() {
            @Override
            public void encode(ByteBuffer plain, Layer.Pipe pipe) throws Exception {
              byte[] data = taken(plain);
              byte[] twice = new byte[2 * data.length];
              for (int i = 0; i < twice.length; i++) {
                twice[i] = data[i / 2];
              }
              pipe.outward(ByteBuffer.wrap(twice));
            }
          };

  private Masked masked(Server server, int receiveBytes) throws IOException {
    return new Masked(connect(server, receiveBytes), ONE, TWO);
  }

  /// Returns once `counter` has stood still for a while. If that was too early, the test is weaker,
  /// but does not fail.
  private static void awaitStandstill(AtomicLong counter) throws Exception {
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

  private static byte[] block(int number) {
    return randomBytes(number, BLOCK_BYTES);
  }

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
    Server server = serve(handler, ONE, TWO);
    Masked client = masked(server, BLOCK_BYTES);
    Background<Integer> sender =
        Background.start(() -> {
          for (int i = 0; i < FLOOD_BYTES / BLOCK_BYTES; i++) {
            client.send(block(i));
          }
          client.socket.shutdownOutput();
          return FLOOD_BYTES;
        });
    awaitStandstill(received);
    assertThat(received.get()).as("bytes read from who does not read").isLessThan(SYSTEM_BYTES_MAX);
    Masked other = masked(server, 0);
    other.send(block(1));
    assertThat(other.receive(BLOCK_BYTES)).as("others are served").isEqualTo(block(1));
    for (int i = 0; i < FLOOD_BYTES / BLOCK_BYTES; i++) {
      assertThat(client.receive(BLOCK_BYTES)).as("block %d", i).isEqualTo(block(i));
    }
    assertEnds(client.socket);
    sender.join();
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void layerThatSaysMoreThanItIsGivenHoldsBackItsInputToo() throws Exception {
    AtomicLong received = new AtomicLong();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            received.addAndGet(data.remaining());
            connection.write(data);
          }
        };
    Socket client = connect(serve(handler, DOUBLING), BLOCK_BYTES);
    Background<Integer> sender =
        Background.start(() -> {
          for (int i = 0; i < FLOOD_BYTES / BLOCK_BYTES; i++) {
            client.getOutputStream().write(block(i));
          }
          client.shutdownOutput();
          return FLOOD_BYTES;
        });
    awaitStandstill(received);
    assertThat(received.get()).isLessThan(SYSTEM_BYTES_MAX);
    for (int i = 0; i < FLOOD_BYTES / BLOCK_BYTES; i++) {
      byte[] twice = receiveBytes(client, 2 * BLOCK_BYTES);
      byte[] expected = block(i);
      for (int at = 0; at < twice.length; at++) {
        if (twice[at] != expected[at / 2]) {
          throw new AssertionError("byte " + at + " of block " + i);
        }
      }
    }
    assertEnds(client);
    sender.join();
  }

  @Test
  void writerThatWasToldFalseIsToldWhenToGoOn() throws Exception {
    Semaphore writable = new Semaphore(0);
    Echo handler =
        new Echo() {
          @Override
          public void onWritable(Connection connection) {
            writable.release();
          }
        };
    Masked client = masked(serve(handler, ONE, TWO), BLOCK_BYTES);
    Connection connection = handler.next();
    int rounds = 100;
    Background<Integer> writer =
        Background.start(() -> {
          for (int i = 0; i < rounds; i++) {
            if (!connection.write(ByteBuffer.wrap(randomBytes(i, 70 * KIB)))) {
              boolean told = writable.tryAcquire(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
              assertThat(told).as("onWritable after round %d", i).isTrue();
            }
          }
          connection.close();
          return rounds;
        });
    for (int i = 0; i < rounds; i++) {
      assertThat(client.receive(70 * KIB)).isEqualTo(randomBytes(i, 70 * KIB));
    }
    assertEnds(client.socket);
    writer.join();
  }

  @Test
  void writeAtTheHardLimitTakesNothingAndCloses() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            assertThat(connection.write(zeros(HARD_BYTES - 1))).isFalse();
            assertThat(connection.write(zeros(1))).isFalse();
            assertThat(connection.isOpen()).isTrue();
            ByteBuffer more = zeros(10);
            assertThat(connection.write(more)).isFalse();
            assertThat(more.remaining()).isEqualTo(10);
            assertThat(connection.isOpen()).isFalse();
          }
        };
    Socket client = connect(serve(handler, ONE, TWO));
    send(client, "x");
    assertReset(client);
    assertThat(handler.reason()).isEqualTo(CloseReason.OUT_HARD);
  }

  @Test
  void pausesLoseNothing() throws Exception {
    AtomicLong received = new AtomicLong();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.pauseReading();
            received.addAndGet(data.remaining());
            connection.write(data);
          }
        };
    Masked client = masked(serve(handler, ONE, TWO), 0);
    Connection connection = handler.next();
    byte[] all = randomBytes(1, MIB);
    Background<byte[]> receiver = Background.start(() -> client.receive(all.length));
    Background<Integer> sender =
        Background.start(() -> {
          client.send(all);
          return all.length;
        });
    Wait.until(
        "all was received",
        () -> {
          connection.resumeReading();
          return received.get() == all.length;
        });
    assertThat(receiver.join()).isEqualTo(all);
    sender.join();
  }

  @Test
  void stopDeliversWhatWasWrittenThenTheEnd() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, ONE, TWO);
    Masked client = masked(server, BLOCK_BYTES);
    byte[] big = randomBytes(1, BIG_BYTES);
    handler.next().write(ByteBuffer.wrap(big));
    CompletionStage<Void> stopped = server.stop(LONG);
    assertThat(client.receive(BIG_BYTES)).isEqualTo(big);
    assertEnds(client.socket);
    client.socket.close();
    stopped.toCompletableFuture().get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(handler.reason()).isEqualTo(CloseReason.DRAIN);
  }

  @Test
  void clientThatDoesNotReadIsDroppedAtTheDeadline() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, ONE, TWO);
    Masked client = masked(server, BLOCK_BYTES);
    handler.next().write(zeros(2 * SYSTEM_BYTES_MAX));
    server
        .stop(Duration.ofMillis(50))
        .toCompletableFuture()
        .get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(handler.reason()).isEqualTo(CloseReason.DRAIN_DEADLINE);
    assertReset(client.socket);
  }

  @Test
  void clientThatNeverGreetsIsDroppedAtTheDeadline() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            connection.write(bytes("greeting"));
            super.onOpen(connection);
          }
        };
    Server server = serve(handler, new Handshake("HELLO"));
    Socket client = connect(server);
    handler.next();
    server
        .stop(Duration.ofMillis(50))
        .toCompletableFuture()
        .get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(handler.reason()).isEqualTo(CloseReason.DRAIN_DEADLINE);
    assertReset(client);
  }

  @Test
  void halfClosedClientGetsAllItsAnswersThenTheEnd() throws Exception {
    Echo handler = new Echo();
    Masked client = masked(serve(handler, ONE, TWO), 0);
    byte[] request = randomBytes(1, 4 * MIB);
    Background<Integer> sender =
        Background.start(() -> {
          client.send(request);
          client.socket.shutdownOutput();
          return request.length;
        });
    assertThat(client.receive(request.length)).isEqualTo(request);
    assertEnds(client.socket);
    sender.join();
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void closeWithUnreadInputStillDeliversTheLastAnswer() throws Exception {
    byte[] answer = randomBytes(1, MIB);
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(ByteBuffer.wrap(answer));
            connection.close();
          }
        };
    Server server = serve(handler, ONE, TWO);
    for (int i = 0; i < ROUNDS; i++) {
      Masked client = masked(server, 32 * KIB);
      client.send(new byte[200 * KIB]);
      assertThat(client.receive(answer.length)).as("round %d", i).isEqualTo(answer);
      assertEnds(client.socket);
      client.socket.close();
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    }
  }

  @Test
  void abortDropsWhatIsInTheLayers() throws Exception {
    Echo handler = new Echo();
    Masked client = masked(serve(handler, ONE, TWO), BLOCK_BYTES);
    Connection connection = handler.next();
    connection.write(zeros(2 * SYSTEM_BYTES_MAX));
    connection.abort();
    assertReset(client.socket);
    assertThat(handler.reason()).isEqualTo(CloseReason.KICKED);
  }
}
