package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Frames;
import sluice.server.Limits;
import sluice.server.Server;

/// What counts as memory, and that it counts no longer than it is held.
public abstract class ServerMemoryContract extends ServerLimitsSuite {
  /// Together much more than the server may hold.
  private static final int CLIENTS = 30;

  private static final String LONG_LINE = "x".repeat(100 * KIB);

  /// Between the low watermark and the high one.
  private static final int BURST_BYTES = 48 * KIB;

  private static final int WRITES = 5;

  private Server serveLongLines() throws IOException {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer line) {
            boolean goOn = connection.write(zeros(BURST_BYTES));
            connection.write(ByteBuffer.wrap(new byte[] {(byte) (goOn ? '+' : '-')}));
          }
        };
    Limits.Builder limits =
        Limits.builder()
            .memory(MIB)
            .firstFrame(Duration.ZERO)
            .frame(Duration.ZERO)
            .minRate(0)
            .outputSoft(0, Duration.ZERO);
    return serve(limits, Frames.lines(MIB, handler));
  }

  /// Checks that a line is answered, and by a server that does not think that memory is tight.
  private static void assertAnswered(Socket client, String line) throws IOException {
    send(client, line + "\n");
    assertThat(receiveBytes(client, BURST_BYTES + 1)).endsWith('+');
  }

  private static long evicted(Server server) {
    return server.counters().closed().getOrDefault(CloseReason.EVICTED, 0L);
  }

  @Test
  void frameHoldsNothingWhenItIsComplete() throws Exception {
    Server server = serveLongLines();
    Socket client = connect(server);
    for (int i = 0; i < CLIENTS; i++) {
      assertAnswered(client, LONG_LINE);
    }
    assertThat(evicted(server)).isZero();
  }

  @Test
  void clientsHoldNothingBetweenLongFrames() throws Exception {
    Server server = serveLongLines();
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(connect(server));
      assertAnswered(clients.getLast(), LONG_LINE);
    }
    for (Socket client : clients) {
      assertAnswered(client, "again");
    }
    assertThat(evicted(server)).isZero();
  }

  @Test
  void clientThatLeavesInsideAFrameHoldsNothing() throws Exception {
    Server server = serveLongLines();
    for (int i = 1; i <= CLIENTS; i++) {
      Socket client = connect(server);
      send(client, LONG_LINE);
      reset(client);
      int gone = i;
      Wait.until(
          "it is gone",
          () ->
              server.counters().closed().values().stream().mapToLong(Long::longValue).sum()
                  == gone);
    }
    assertAnswered(connect(server), LONG_LINE);
    assertThat(evicted(server)).isZero();
  }

  @Test
  void unfinishedFramesAreEvictedWheneverThereAreTooManyAndNotForEver() throws Exception {
    Server server = serveLongLines();
    for (int round = 0; round < 3; round++) {
      long before = evicted(server);
      List<Socket> greedy = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) { // before memory is short and new ones are refused
        greedy.add(connect(server));
      }
      Wait.until("all are there", () -> server.counters().open() == CLIENTS);
      long received = server.counters().receivedBytes();
      for (int i = 0; i < CLIENTS && evicted(server) == before; i++) {
        long expected = received + (i + 1L) * LONG_LINE.length();
        try {
          send(greedy.get(i), LONG_LINE);
        } catch (IOException _) {
          // it was the one
        }
        Wait.until(
            "it is held or someone was evicted",
            () -> evicted(server) > before || server.counters().receivedBytes() >= expected);
      }
      Wait.until("one is evicted", () -> evicted(server) > before);
      for (Socket client : greedy) {
        reset(client);
      }
      Wait.until("they are gone", () -> server.counters().open() == 0);
      try (Socket alone = connect(server)) {
        assertAnswered(alone, "hello");
      }
      Wait.until("it is gone, too", () -> server.counters().open() == 0);
    }
    assertAddUp(server);
  }

  /// Fills the memory when it is told, and then writes to the good client, turn after turn.
  private static final class Filler extends Echo {
    final List<Connection> hoarders = new ArrayList<>();
    volatile @Nullable Connection good;

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      switch (data.get()) {
        case 'h' -> hoarders.add(connection);
        case 'g' -> good = connection;
        default -> {
          for (Connection hoarder : hoarders) {
            hoarder.write(zeros(BURST_BYTES));
            hoarder.write(zeros(BURST_BYTES));
          }
          writeOn(connection, WRITES);
        }
      }
      data.position(data.limit());
    }

    private void writeOn(Connection connection, int times) {
      Objects.requireNonNull(good).write(zeros(1));
      if (times > 1) {
        connection.execute(() -> writeOn(connection, times - 1));
      }
    }
  }

  @Test
  void clientThatTakesEverythingDoesNotPayForThoseWhoHoardInOneTurn() throws Exception {
    Filler handler = new Filler();
    Server server = serve(Limits.builder().memory(MIB).sendBuffer(4 * KIB), handler);
    for (int i = 0; i < CLIENTS; i++) {
      send(connect(server, 4 * KIB), "h");
    }
    Socket good = connect(server);
    send(good, "g");
    Socket filler = connect(server);
    int all = CLIENTS + 2;
    Wait.until(
        "all are known",
        () -> server.counters().receivedBytes() == CLIENTS + 1 && server.counters().open() == all);
    send(filler, "f");
    assertThat(receiveBytes(good, WRITES)).hasSize(WRITES);
    Wait.until("others are evicted", () -> evicted(server) > 0);
    assertThat(Objects.requireNonNull(handler.good).isOpen()).isTrue();
  }

  private static final int SPEECHES = 16;
  private static final int SPEECH_BYTES = 8 * KIB;

  private static byte[] speech(int number) {
    byte[] speech = new byte[SPEECH_BYTES];
    new Random(number).nextBytes(speech);
    return speech;
  }

  @Test
  void broadcastIsHeldOnceHoweverManyHaveNotTakenIt() throws Exception {
    Server server = serve(Limits.builder().memory(MIB).sendBuffer(4 * KIB), new Echo());
    List<Socket> listeners = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      listeners.add(connect(server, 4 * KIB));
    }
    Wait.until("all are there", () -> server.counters().open() == CLIENTS);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < SPEECHES; i++) {
      all.writeBytes(speech(i));
      server.broadcast(ByteBuffer.wrap(speech(i)));
    }
    for (Socket listener : listeners) {
      assertSameBytes(receiveBytes(listener, all.size()), all.toByteArray());
    }
    assertThat(evicted(server)).isZero();
  }
}
