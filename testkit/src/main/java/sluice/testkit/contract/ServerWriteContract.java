package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;

/// What a connection owes to those who write: every byte, in order, all of a write or nothing.
public abstract class ServerWriteContract extends ServerSuite {
  private static final int PIECE_BYTES = 3_000;
  private static final int PIECES_MAX = 100_000;
  private static final int ROUNDS = 1_000;
  private static final int OVER_HIGH_BYTES = 70 * KIB;
  private static final int HARD_BYTES = 256 * KIB;
  private static final int THREADS = 4;
  private static final int MESSAGES = 5_000;

  @Test
  void smallWritesBehindASlowReaderAreAllDelivered() throws Exception {
    // A byte from the client is a piece for it, which it does not read: at last the system takes
    // no more, and every further piece joins one that waits to be sent.
    BlockingQueue<Boolean> answers = new LinkedBlockingQueue<>();
    AtomicInteger pieces = new AtomicInteger();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            assertThat(data.remaining()).isEqualTo(1);
            answers.add(connection.write(piece(pieces.getAndIncrement())));
          }
        };
    Socket client = connect(serve(handler), 32 * KIB);
    boolean goOn = true;
    while (goOn && pieces.get() < PIECES_MAX) {
      client.getOutputStream().write(1);
      goOn = await(answers);
    }
    assertThat(goOn).as("the system took everything").isFalse();
    for (int i = 0; i < pieces.get(); i++) {
      assertThat(receiveBytes(client, PIECE_BYTES)).isEqualTo(piece(i).array());
    }
    client.shutdownOutput();
    assertEnds(client);
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  private static ByteBuffer piece(int number) {
    return ByteBuffer.wrap(randomBytes(number, PIECE_BYTES));
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
    Socket client = connect(serve(handler), 64 * KIB);
    Connection connection = handler.next();
    Background<Long> writer =
        Background.start(() -> {
          for (int i = 0; i < ROUNDS; i++) {
            if (!connection.write(zeros(OVER_HIGH_BYTES))) {
              boolean told = writable.tryAcquire(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
              assertThat(told).as("onWritable after round %d", i).isTrue();
            }
          }
          connection.close();
          return 0L;
        });
    byte[] some = new byte[16 * KIB];
    long total = 0;
    InputStream in = client.getInputStream();
    for (int count = 0; count >= 0; count = in.read(some)) {
      total += count;
    }
    writer.join();
    assertThat(total).isEqualTo((long) ROUNDS * OVER_HIGH_BYTES);
  }

  @Test
  void lentBufferIsReadOnlyAndAlwaysBigEndian() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            assertThat(data.isReadOnly()).isTrue();
            assertThat(data.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
            assertThat(data.position()).isZero();
            connection.write(data.duplicate());
            data.order(ByteOrder.LITTLE_ENDIAN).position(1);
          }
        };
    var server = serve(handler);
    Socket first = connect(server);
    Socket second = connect(server);
    for (int i = 0; i < 3; i++) {
      assertServed(first, "one");
      assertServed(second, "two");
    }
  }

  @Test
  void lentBufferMayBeWrittenInPieces() throws Exception {
    assertAnswers(
        "abcdef",
        "abcdef",
        (connection, data) -> {
          int end = data.limit();
          connection.write(data.limit(data.position() + 1));
          connection.write(data.limit(data.position() + 2));
          connection.write(data.limit(end));
        });
  }

  @Test
  void lentBufferMayFollowAndPrecedeOtherWrites() throws Exception {
    assertAnswers(
        "abc",
        "<abc>",
        (connection, data) -> {
          connection.write(bytes("<"));
          connection.write(data);
          connection.write(bytes(">"));
        });
    assertAnswers(
        "abc",
        "abc|abc",
        (connection, data) -> {
          connection.write(data);
          connection.write(bytes("|"));
          connection.write(data.rewind());
        });
  }

  @Test
  void lentBufferIsWrittenFromItsPositionToItsLimit() throws Exception {
    assertAnswers(
        "abcdef",
        "bcd",
        (connection, data) -> {
          data.get();
          connection.write(data.limit(4));
          data.position(1).limit(2); // what is done to it afterwards changes nothing
        });
    assertAnswers(
        "abc",
        "cab",
        (connection, data) -> {
          connection.write(data.position(2));
          connection.write(data.position(0).limit(2));
        });
    assertAnswers(
        "abc",
        "abc",
        (connection, data) -> {
          connection.write(data.limit(0));
          connection.write(data.limit(3));
        });
  }

  @FunctionalInterface
  private interface Answer {
    void write(Connection connection, ByteBuffer data);
  }

  /// Checks the whole answer to a request that arrives in one piece.
  private void assertAnswers(String request, String answer, Answer way) throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            way.write(connection, data);
          }
        };
    Socket client = connect(serve(handler));
    send(client, request);
    assertThat(receive(client, answer.length())).isEqualTo(answer);
    client.shutdownOutput();
    assertEnds(client);
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void writesOfEachThreadArriveInItsOrderAndNoneIsLost() throws Exception {
    AtomicInteger writable = new AtomicInteger();
    Echo handler =
        new Echo() {
          @Override
          public void onWritable(Connection connection) {
            writable.incrementAndGet();
          }
        };
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    List<Background<Integer>> writers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int thread = i;
      writers.add(
          Background.start(() -> {
            for (int n = 0; n < MESSAGES; n++) {
              int before = writable.get();
              if (!connection.write(zeros(8).putInt(0, thread).putInt(4, n))) {
                Wait.until("onWritable", () -> writable.get() > before);
              }
            }
            return thread;
          }));
    }
    int[] next = new int[THREADS];
    for (int i = 0; i < THREADS * MESSAGES; i++) {
      ByteBuffer message = ByteBuffer.wrap(receiveBytes(client, 8));
      assertThat(message.getInt(4)).isEqualTo(next[message.getInt(0)]++);
    }
    for (Background<Integer> writer : writers) {
      writer.join();
    }
    assertThat(next).containsOnly(MESSAGES);
  }

  @Test
  void writeAfterCloseIsRefused() throws Exception {
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    connection.close();
    ByteBuffer late = bytes("late");
    assertThat(connection.write(late)).isFalse();
    assertThat(late.remaining()).isEqualTo(4);
    assertThat(connection.isOpen()).isFalse();
    assertEnds(client);
  }

  @Test
  void closeAfterWritesOfAnotherThreadDeliversThemThenTheEnd() throws Exception {
    Echo handler = new Echo();
    var server = serve(handler);
    for (int i = 0; i < 200; i++) {
      Socket client = connect(server);
      Connection connection = handler.next();
      assertThat(connection.write(bytes("one "))).isTrue();
      assertThat(connection.write(bytes("two"))).isTrue();
      connection.close();
      assertThat(receiveRest(client)).isEqualTo("one two");
      client.close();
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    }
  }

  @Test
  void writeInACallbackComesAfterEarlierOnesOfOtherThreads() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            Background.start(() -> connection.write(bytes("first "))).join();
            connection.write(data);
          }
        };
    Socket client = connect(serve(handler));
    send(client, "second");
    assertThat(receive(client, 12)).isEqualTo("first second");
  }

  @Test
  void writeBelowTheHardLimitTakesEverything() throws Exception {
    byte[] big = randomBytes(1, 4 * MIB);
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            assertThat(connection.write(ByteBuffer.wrap(big, 0, HARD_BYTES - 1))).isFalse();
            ByteBuffer rest = ByteBuffer.wrap(big, HARD_BYTES - 1, big.length - HARD_BYTES + 1);
            assertThat(connection.write(rest)).isFalse();
            assertThat(rest.remaining()).isZero();
            assertThat(connection.isOpen()).isTrue();
          }
        };
    Socket client = connect(serve(handler));
    send(client, "x");
    assertThat(receiveBytes(client, big.length)).isEqualTo(big);
    client.close();
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void writeAtTheHardLimitTakesNothingAndCloses() throws Exception {
    BlockingQueue<Integer> untaken = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            untaken.add(writeTooMuch(connection));
          }
        };
    Socket client = connect(serve(handler));
    send(client, "x");
    assertThat(await(untaken)).isEqualTo(10);
    assertThat(handler.reason()).isEqualTo(CloseReason.OUT_HARD);
    assertReset(client);
  }

  @Test
  void writeAtTheHardLimitFromAnotherThreadTakesNothingAndCloses() throws Exception {
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    try (Blocked _ = new Blocked(connection)) {
      assertThat(writeTooMuch(connection)).isEqualTo(10);
    }
    assertThat(handler.reason()).isEqualTo(CloseReason.OUT_HARD);
    assertReset(client);
  }

  /// Reaches the limit exactly, then writes 10 bytes more, and returns how many were not taken.
  private static int writeTooMuch(Connection connection) {
    assertThat(connection.write(zeros(HARD_BYTES))).isFalse();
    assertThat(connection.isOpen()).isTrue();
    ByteBuffer more = zeros(10);
    assertThat(connection.write(more)).isFalse();
    assertThat(connection.isOpen()).isFalse();
    return more.remaining();
  }

  @Test
  void broadcastReachesEveryClientAndLeavesItsArgumentAlone() throws Exception {
    Echo handler = new Echo();
    var server = serve(handler);
    List<Socket> clients = List.of(connect(server), connect(server), connect(server));
    for (Socket _ : clients) {
      handler.next();
    }
    ByteBuffer news = bytes("news");
    server.broadcast(news);
    assertThat(news.remaining()).isEqualTo(4);
    for (Socket client : clients) {
      assertThat(receive(client, 4)).isEqualTo("news");
    }
  }

  @Test
  void emptyWritesChangeNothing() throws Exception {
    assertAnswers(
        "abc",
        "abc",
        (connection, data) -> {
          assertThat(connection.write(zeros(0))).isTrue();
          assertThat(connection.write(data)).isTrue();
          assertThat(connection.write(data)).isTrue();
        });
  }
}
