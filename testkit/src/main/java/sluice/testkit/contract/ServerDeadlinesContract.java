package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Frames;
import sluice.server.Limits;
import sluice.server.Server;

/// How long clients may take for what. Each deadline ends exactly the client that has passed it.
public abstract class ServerDeadlinesContract extends ServerLimitsSuite {
  private static final Duration SOON = Duration.ofMillis(300);
  private static final Duration NEVER = Duration.ZERO;

  /// Much longer than [#SOON].
  private static final int ROUNDS = 30;

  private static final long ROUND_MILLIS = 50;
  private static final int MUCH_BYTES = 16 * MIB;

  @Test
  void idleClientIsClosedInOrderAndABusyOneIsNot() throws Exception {
    Server server = serve(Limits.builder().idle(SOON), new Echo());
    Socket busy = connect(server);
    Socket idle = connect(server);
    keepBusy(busy, idle);
    assertServed(busy, "still here");
    idle.close();
    awaitClosed(server, CloseReason.IDLE, 1);
  }

  /// Sends on `busy` until much time has passed, in which `idle` must have ended.
  private static void keepBusy(Socket busy, Socket idle) throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      assertServed(busy, "busy");
      Wait.pause(ROUND_MILLIS);
    }
    assertEnds(idle);
  }

  @Test
  void firstFrameHasOneDeadlineHoweverItDrips() throws Exception {
    Server server = serve(Limits.builder().firstFrame(SOON).minRate(0), lines(new Echo()));
    Socket silent = connect(server);
    Socket drips = connect(server);
    Socket speaks = connect(server);
    send(speaks, "hello\n");
    assertThat(receive(speaks, 5)).isEqualTo("hello");
    assertReset(silent);
    dripUntilReset(drips);
    awaitClosed(server, CloseReason.FIRST_FRAME, 2);
    send(speaks, "again\n"); // long after
    assertThat(receive(speaks, 5)).isEqualTo("again");
  }

  @Test
  void frameHasOneDeadlineHoweverItDrips() throws Exception {
    Server server = serve(Limits.builder().frame(SOON).minRate(0), lines(new Echo()));
    Socket client = connect(server);
    send(client, "hello\nwor");
    assertThat(receive(client, 5)).isEqualTo("hello");
    dripUntilReset(client);
    awaitClosed(server, CloseReason.FRAME_DEADLINE, 1);
  }

  private static void dripUntilReset(Socket client) {
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < ROUNDS; i++) {
                send(client, "x");
                Wait.pause(ROUND_MILLIS);
              }
            })
        .isInstanceOf(SocketException.class);
  }

  @Test
  void frameThatComesTooSlowlyIsNotWaitedFor() throws Exception {
    // Without other deadlines, so that nothing else has the connection looked at.
    Server server =
        serve(
            Limits.builder().minRate(240).firstFrame(NEVER).idle(NEVER),
            Frames.lines(MIB, new Echo()));
    Socket slow = connect(server);
    send(slow, "hello\nwor");
    assertThat(receive(slow, 5)).isEqualTo("hello");
    Socket fast = connect(server);
    int rounds = 0;
    while (server.counters().closed().getOrDefault(CloseReason.MIN_RATE, 0L) == 0) {
      assertThat(rounds++).as("rounds of 100 ms").isLessThan(200);
      send(fast, "x".repeat(40)); // 400 bytes a second
      Wait.pause(100);
    }
    assertThat(rounds).as("rounds of 100 ms").isGreaterThan(40);
    assertReset(slow);
    send(fast, "\n");
    assertThat(receive(fast, 40 * rounds)).isEqualTo("x".repeat(40 * rounds));
  }

  @Test
  void timeInWhichTheHandlerReadsNothingDoesNotCount() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            super.onData(connection, data);
            connection.pauseReading();
          }
        };
    Server server = serve(Limits.builder().frame(SOON).firstFrame(SOON).minRate(0), lines(handler));
    Socket client = connect(server);
    Connection connection = handler.next();
    send(client, "hello\nwor");
    assertThat(receive(client, 5)).isEqualTo("hello");
    Wait.pause(ROUNDS * ROUND_MILLIS);
    send(client, "ld\n");
    connection.resumeReading();
    assertThat(receive(client, 5)).isEqualTo("world");
  }

  @Test
  void frameHasItsTimeAgainWhenTheHandlerReadsAgain() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            super.onData(connection, data);
            connection.pauseReading();
          }
        };
    Duration time = Duration.ofSeconds(3);
    Server server = serve(Limits.builder().frame(time).minRate(0), lines(handler));
    Socket client = connect(server);
    Connection connection = handler.next();
    send(client, "hello\nwor");
    assertThat(receive(client, 5)).isEqualTo("hello");
    connection.resumeReading();
    Wait.pause(2 * ROUND_MILLIS); // the rest was held until now: the frame begins
    connection.pauseReading();
    Wait.pause(time.toMillis() + 500);
    connection.resumeReading();
    Wait.pause(time.toMillis() / 2);
    send(client, "ld\n");
    assertThat(receive(client, 5)).isEqualTo("world");
  }

  @Test
  void clientThatTakesNothingIsReset() throws Exception {
    Server server = serve(Limits.builder().writeStall(SOON).outputSoft(0, NEVER), pushing());
    Socket client = connect(server, 4 * KIB);
    awaitClosed(server, CloseReason.WRITE_STALL, 1);
    assertReset(client);
  }

  @Test
  void clientThatTakesItsOutputSlowlyIsNotStalled() throws Exception {
    Server server =
        serve(Limits.builder().writeStall(Duration.ofSeconds(1)).outputSoft(0, NEVER), pushing());
    Socket client = connect(server, 4 * KIB);
    for (int i = 0; i < 2 * ROUNDS; i++) {
      receiveBytes(client, 16 * KIB);
      Wait.pause(ROUND_MILLIS);
    }
    assertThat(server.counters().closed()).containsEntry(CloseReason.WRITE_STALL, 0L);
  }

  @Test
  void muchOutputMayWaitAgainAndAgainForAShortTime() throws Exception {
    int burst = 200 * KIB;
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(zeros(burst));
          }
        };
    Duration time = Duration.ofSeconds(1);
    Server server =
        serve(Limits.builder().sendBuffer(32 * KIB).outputSoft(64 * KIB, time), handler);
    Socket client = connect(server, 4 * KIB);
    long end = System.nanoTime() + 2 * time.toNanos();
    while (System.nanoTime() - end < 0) {
      send(client, "x");
      receiveBytes(client, burst);
      Wait.pause(ROUND_MILLIS);
    }
    assertThat(server.counters().closed()).containsEntry(CloseReason.OUT_SOFT, 0L);
  }

  @Test
  void idleTimesAreSpreadByNoMoreThanATenth() throws Exception {
    Server server = serve(Limits.builder().idle(Duration.ofSeconds(4)), new Echo());
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      clients.add(connect(server));
    }
    Wait.pause(3_200);
    for (Socket client : clients) { // in much less than the 400 ms that are left
      client.setSoTimeout(1);
      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
    }
    for (Socket client : clients) {
      client.setSoTimeout((int) LONG.toMillis());
      assertEnds(client);
    }
  }

  @Test
  void halfClosedClientThatTakesOutputIsKept() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onInputClosed(Connection connection) {}
        };
    Duration time = Duration.ofSeconds(1);
    Server server = serve(Limits.builder().halfClose(time), handler);
    Socket client = connect(server);
    Connection connection = handler.next();
    client.shutdownOutput();
    long end = System.nanoTime() + time.multipliedBy(2).toNanos();
    while (System.nanoTime() - end < 0) {
      connection.write(zeros(1));
      receiveBytes(client, 1);
      Wait.pause(ROUND_MILLIS);
    }
    assertEnds(client);
    awaitClosed(server, CloseReason.HALF_CLOSE, 1);
  }

  @Test
  void tooMuchOutputMayNotWaitForLong() throws Exception {
    Server server = serve(Limits.builder().writeStall(NEVER).outputSoft(64 * KIB, SOON), pushing());
    Socket client = connect(server, 4 * KIB);
    awaitClosed(server, CloseReason.OUT_SOFT, 1);
    assertReset(client);
  }

  @Test
  void systemHoldsOnlySoMuchForAClientThatDoesNotRead() throws Exception {
    Echo handler = new Echo();
    Server server =
        serve(
            Limits.builder().sendBuffer(32 * KIB).writeStall(NEVER).outputSoft(0, NEVER), handler);
    Socket client = connect(server, 4 * KIB);
    Connection connection = handler.next();
    int taken = 0;
    while (connection.write(zeros(16 * KIB))) {
      taken += 16 * KIB;
      assertThat(taken).as("bytes taken").isLessThan(MIB);
      Wait.pause(1);
    }
    client.close();
    awaitClosed(server, CloseReason.PEER_RESET, 1);
  }

  private static Echo pushing() {
    return new Echo() {
      @Override
      public void onOpen(Connection connection) {
        connection.write(zeros(MUCH_BYTES));
      }
    };
  }

  @Test
  void halfClosedClientIsNotKeptForEver() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onInputClosed(Connection connection) {}
        };
    Server server = serve(Limits.builder().halfClose(SOON), handler);
    Socket client = connect(server);
    assertServed(client, "hello");
    Wait.pause(ROUNDS * ROUND_MILLIS); // how long it has been here does not count
    client.shutdownOutput();
    assertNotEarly(SOON.dividedBy(2), () -> assertEnds(client));
    awaitClosed(server, CloseReason.HALF_CLOSE, 1);
  }

  @Test
  void connectionMayLastOnlySoLong() throws Exception {
    Server server = serve(Limits.builder().lifetime(SOON.multipliedBy(3)), new Echo());
    Socket client = connect(server);
    assertNotEarly(
        SOON.multipliedBy(2),
        () -> {
          try {
            for (int i = 0; i < ROUNDS * 10; i++) {
              assertServed(client, "busy");
              Wait.pause(ROUND_MILLIS);
            }
          } catch (java.io.IOException _) {
            // it is over
          }
        });
    awaitClosed(server, CloseReason.LIFETIME, 1);
  }

  @Test
  void loopThatWasHeldUpBlamesNobody() throws Exception {
    Echo handler = new Echo();
    Server server = serve(Limits.builder().idle(Duration.ofSeconds(1)), handler);
    Socket client = connect(server);
    assertServed(client, "hello");
    CountDownLatch entered = new CountDownLatch(1);
    handler
        .next()
        .execute(() -> {
          entered.countDown();
          Wait.pause(3_500);
        });
    await(entered);
    assertServed(client, "sent meanwhile");
    assertThat(server.counters().closed()).containsEntry(CloseReason.IDLE, 0L);
  }
}
