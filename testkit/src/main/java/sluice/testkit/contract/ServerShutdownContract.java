package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Server;

/// The end of one direction, which is not the end of the other.
public abstract class ServerShutdownContract extends ServerSuite {
  private static final int BIG_BYTES = 8 * MIB;
  private static final int ROUNDS = 100;

  /// More than the system takes.
  private static final int HUGE_BYTES = 64 * MIB;

  /// Notes what it is told, and does not close when the input ends.
  private static class Notes extends Echo {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      events.add(new String(bytes, StandardCharsets.US_ASCII));
    }

    @Override
    public void onWritable(Connection connection) {
      events.add("writable");
    }

    @Override
    public void onInputClosed(Connection connection) throws Exception {
      events.add("input closed");
    }
  }

  private final class Rig {
    final Notes handler;
    final Server server;
    final Socket client;
    final Connection connection;

    Rig(Notes handler, int receiveBytes) throws Exception {
      this.handler = handler;
      server = serve(handler);
      client = connect(server, receiveBytes);
      connection = handler.next();
    }

    Rig() throws Exception {
      this(new Notes(), 0);
    }

    /// Checks that the client speaks and ends, and that the connection then ends by itself.
    void assertSpeaksThenCloses() throws Exception {
      send(client, "answer");
      assertThat(await(handler.events)).isEqualTo("answer");
      assertThat(connection.isOpen()).isTrue();
      assertThat(handler.closed).isEmpty();
      client.shutdownOutput();
      assertThat(await(handler.events)).isEqualTo("input closed");
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
      assertThat(connection.isOpen()).isFalse();
      assertThat(handler.events).isEmpty();
    }
  }

  @Test
  void answersStillComeAndBothEndsTogetherClose() throws Exception {
    Rig rig = new Rig();
    rig.connection.write(bytes("request"));
    rig.connection.shutdownOutput();
    assertThat(receiveRest(rig.client)).isEqualTo("request");
    rig.assertSpeaksThenCloses();
  }

  @Test
  void writesAfterItTakeNothing() throws Exception {
    Notes handler =
        new Notes() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            assertThat(connection.write(bytes("late"))).isFalse();
            super.onData(connection, data);
          }
        };
    Rig rig = new Rig(handler, 0);
    rig.connection.shutdownOutput();
    for (int i = 0; i < 10; i++) {
      ByteBuffer late = bytes("late");
      assertThat(rig.connection.write(late)).isFalse();
      assertThat(late.remaining()).isEqualTo(4);
      rig.server.broadcast(late);
    }
    assertEnds(rig.client);
    rig.assertSpeaksThenCloses();
  }

  @Test
  void shutdownInACallbackKeepsItsWritesAndTakesNoMore() throws Exception {
    Notes handler =
        new Notes() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            if (data.get(0) == '!') {
              connection.write(data); // lent
              connection.write(bytes(" and more"));
              connection.shutdownOutput();
              assertThat(connection.write(bytes("late"))).isFalse();
            } else {
              super.onData(connection, data);
            }
          }
        };
    Rig rig = new Rig(handler, 0);
    send(rig.client, "!");
    assertThat(receiveRest(rig.client)).isEqualTo("! and more");
    rig.assertSpeaksThenCloses();
  }

  @Test
  void secondShutdownChangesNothing() throws Exception {
    Rig rig = new Rig();
    rig.connection.write(bytes("request"));
    rig.connection.shutdownOutput();
    rig.connection.shutdownOutput();
    rig.connection.execute(rig.connection::shutdownOutput);
    assertThat(receiveRest(rig.client)).isEqualTo("request");
    rig.connection.shutdownOutput();
    rig.connection.execute(rig.connection::shutdownOutput);
    rig.assertSpeaksThenCloses();
    rig.connection.shutdownOutput();
  }

  @Test
  void shutdownOfAnotherThreadComesBehindItsWrites() throws Exception {
    Notes handler = new Notes();
    Server server = serve(handler);
    for (int round = 0; round < ROUNDS; round++) {
      Socket client = connect(server);
      Connection connection = handler.next();
      StringBuilder expected = new StringBuilder();
      try (AutoCloseable _ = round % 2 == 0 ? new Blocked(connection) : () -> {}) {
        for (int i = 0; i < 50; i++) {
          assertThat(connection.write(bytes(i + " "))).isTrue();
          expected.append(i).append(' ');
        }
        connection.shutdownOutput();
      }
      assertThat(receiveRest(client)).as("round %d", round).isEqualTo(expected.toString());
      client.close();
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    }
  }

  @Test
  void shutdownWaitsForASlowReader() throws Exception {
    Rig rig = new Rig(new Notes(), 32 * KIB);
    byte[] big = randomBytes(1, BIG_BYTES);
    rig.connection.write(ByteBuffer.wrap(big));
    rig.connection.shutdownOutput();
    send(rig.client, "meanwhile"); // is not read: the output is above its watermark
    assertThat(receiveBytes(rig.client, BIG_BYTES)).isEqualTo(big);
    assertEnds(rig.client);
    assertThat(await(rig.handler.events)).isEqualTo("meanwhile");
    rig.assertSpeaksThenCloses();
  }

  @Test
  void closeBehindAShutdownSendsTheEndOnce() throws Exception {
    for (int receiveBytes : new int[] {0, 32 * KIB}) {
      Rig rig = new Rig(new Notes(), receiveBytes);
      byte[] big = randomBytes(1, receiveBytes == 0 ? 100 : BIG_BYTES);
      rig.connection.write(ByteBuffer.wrap(big));
      rig.connection.shutdownOutput();
      rig.connection.close();
      assertThat(receiveBytes(rig.client, big.length)).isEqualTo(big);
      assertEnds(rig.client);
      rig.client.close();
      assertThat(rig.handler.reason()).isEqualTo(CloseReason.OK);
    }
  }

  @Test
  void abortBehindAShutdownIsKickedAndAReset() throws Exception {
    Rig rig = new Rig();
    rig.connection.write(zeros(HUGE_BYTES));
    rig.connection.shutdownOutput();
    rig.connection.abort();
    // Who reads meanwhile may be fast enough to get everything, and then there is nothing to abort.
    assertThat(rig.handler.reason()).isEqualTo(CloseReason.KICKED);
    assertReset(rig.client);
  }

  @Test
  void abortAfterTheEndWasSentIsKickedAndAReset() throws Exception {
    Rig rig = new Rig();
    rig.connection.shutdownOutput();
    assertEnds(rig.client);
    rig.connection.abort();
    assertThat(rig.handler.reason()).isEqualTo(CloseReason.KICKED);
    Wait.until(
        "the client may send no more",
        () -> {
          try {
            send(rig.client, "x");
            return false;
          } catch (IOException _) {
            return true;
          }
        });
  }

  @Test
  void peerThatResetsAfterTheEndIsToldAsPeerReset() throws Exception {
    Rig rig = new Rig();
    rig.connection.shutdownOutput();
    assertEnds(rig.client);
    reset(rig.client);
    assertThat(rig.handler.reason()).isEqualTo(CloseReason.PEER_RESET);
  }

  @Test
  void shutdownAfterThePeersEndCloses() throws Exception {
    Rig rig = new Rig();
    rig.client.shutdownOutput();
    assertThat(await(rig.handler.events)).isEqualTo("input closed");
    rig.connection.write(bytes("answer"));
    rig.connection.shutdownOutput();
    assertThat(receiveRest(rig.client)).isEqualTo("answer");
    assertThat(rig.handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void shutdownInOnInputClosedCloses() throws Exception {
    Notes handler =
        new Notes() {
          @Override
          public void onInputClosed(Connection connection) {
            connection.write(bytes("answer"));
            connection.shutdownOutput();
          }
        };
    Rig rig = new Rig(handler, 0);
    rig.client.shutdownOutput();
    assertThat(receiveRest(rig.client)).isEqualTo("answer");
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void writerIsNotToldToGoOnAfterIt() throws Exception {
    Rig rig = new Rig();
    rig.connection.execute(() -> {
      assertThat(rig.connection.write(zeros(100 * KIB))).isFalse();
      rig.connection.shutdownOutput();
    });
    receiveBytes(rig.client, 100 * KIB);
    assertEnds(rig.client);
    rig.assertSpeaksThenCloses(); // it notes that it was told nothing else
  }

  @Test
  void shutdownWhilePausedSendsTheEndAndKeepsTheInput() throws Exception {
    Rig rig = new Rig();
    rig.connection.pauseReading();
    rig.connection.write(bytes("request"));
    rig.connection.shutdownOutput();
    assertThat(receiveRest(rig.client)).isEqualTo("request");
    assertThat(rig.handler.closed).isEmpty();
    rig.connection.resumeReading();
    rig.assertSpeaksThenCloses();
  }

  @Test
  void stopAfterAShutdownIsDrain() throws Exception {
    Rig rig = new Rig();
    CompletionStage<Void> stopped;
    try (Blocked _ = new Blocked(rig.connection)) { // else the client may leave before the stop
      rig.connection.write(bytes("request"));
      rig.connection.shutdownOutput();
      stopped = rig.server.stop(LONG);
    }
    assertThat(receiveRest(rig.client)).isEqualTo("request");
    rig.client.close();
    stopped.toCompletableFuture().get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(rig.handler.reason()).isEqualTo(CloseReason.DRAIN);
  }

  @Test
  void shutdownBeforeItIsConnectedComesBehindTheRequest() throws Exception {
    try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Rig rig = new Rig();
      Notes out = new Notes();
      Connection made;
      try (Blocked _ = new Blocked(rig.connection)) {
        made = rig.connection.connect(target.getLocalSocketAddress(), out);
        made.write(bytes("request"));
        made.shutdownOutput();
        assertThat(made.write(bytes("late"))).isFalse();
      }
      try (Socket peer = target.accept()) {
        assertThat(receiveRest(peer)).isEqualTo("request");
        send(peer, "answer");
        assertThat(await(out.events)).isEqualTo("answer");
        assertThat(made.isOpen()).isTrue();
      }
      assertThat(await(out.events)).isEqualTo("input closed");
      assertThat(out.reason()).isEqualTo(CloseReason.OK);
      assertThat(out.opened).containsExactly(made);
    }
  }

  @Test
  void handlerGoesOnWritingLongAfterThePeersEnd() throws Exception {
    Rig rig = new Rig(new Notes(), 32 * KIB);
    rig.client.shutdownOutput();
    assertThat(await(rig.handler.events)).isEqualTo("input closed");
    int piece = 70 * KIB;
    Background<Integer> writer =
        Background.start(() -> {
          for (int i = 0; i < 100; i++) {
            if (!rig.connection.write(ByteBuffer.wrap(randomBytes(i, piece)))) {
              assertThat(await(rig.handler.events)).isEqualTo("writable");
            }
          }
          return 100;
        });
    for (int i = 0; i < 100; i++) {
      assertThat(receiveBytes(rig.client, piece)).isEqualTo(randomBytes(i, piece));
    }
    writer.join();
    assertThat(rig.connection.isOpen()).isTrue();
    rig.connection.close();
    assertEnds(rig.client);
    assertThat(rig.handler.reason()).isEqualTo(CloseReason.OK);
  }
}
