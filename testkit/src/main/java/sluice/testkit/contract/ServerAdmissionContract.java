package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Limits;
import sluice.server.Refusal;
import sluice.server.Server;

/// Which clients a server takes: each limit is driven to its edge.
public abstract class ServerAdmissionContract extends ServerLimitsSuite {
  private static final int MOST = 5;
  private static final int TRIES = 20;

  @Test
  void exactlyAsManyClientsAreServedAsThereMayBe() throws Exception {
    Server server = serve(Limits.builder().maxConnections(MOST), new Echo());
    List<Socket> served = new ArrayList<>();
    for (int i = 0; i < MOST; i++) {
      served.add(connect(server));
      assertServed(served.getLast(), "served");
    }
    for (int i = 0; i < MOST; i++) {
      assertRefused(connect(server));
    }
    awaitRefused(server, Refusal.MAX_CONNS, MOST);
    for (Socket client : served) {
      assertServed(client, "still");
    }
    served.getFirst().close();
    awaitClosed(server, CloseReason.OK, 1);
    assertServed(connect(server), "now there is room");
    assertRefused(connect(server));
    assertAddUp(server);
    assertThat(server.counters().open()).isEqualTo(MOST);
  }

  @Test
  void addressGetsExactlyItsShareAndOthersTheirs() throws Exception {
    Server server = serve(Limits.builder().limitLocal(true).maxPerAddress(MOST), new Echo());
    List<Socket> served = new ArrayList<>();
    for (int i = 0; i < MOST; i++) {
      served.add(connectFrom("127.0.0.2", server));
      assertServed(served.getLast(), "served");
    }
    for (int i = 0; i < MOST; i++) {
      assertRefused(connectFrom("127.0.0.2", server));
    }
    awaitRefused(server, Refusal.PER_ADDRESS, MOST);
    for (int i = 3; i < 3 + MOST; i++) {
      assertServed(connectFrom("127.0.0." + i, server), "another address");
    }
    served.getFirst().close();
    awaitClosed(server, CloseReason.OK, 1);
    assertServed(connectFrom("127.0.0.2", server), "its share again");
    assertRefused(connectFrom("127.0.0.2", server));
    assertAddUp(server);
  }

  @Test
  void clientsOfThisMachineAreNotLimitedByAddress() throws Exception {
    Server server = serve(Limits.builder().maxPerAddress(1).acceptRate(1), new Echo());
    for (int i = 0; i < TRIES; i++) {
      assertServed(connect(server), "local");
    }
    assertThat(server.counters().accepted()).isEqualTo(TRIES);
  }

  @Test
  void addressThatConnectsTooOftenIsRefused() throws Exception {
    // Two at once, then one a second: many in a row cannot all be accepted.
    Server server = serve(Limits.builder().limitLocal(true).acceptRate(1), new Echo());
    assertServed(connectFrom("127.0.0.2", server), "first");
    assertServed(connectFrom("127.0.0.2", server), "second");
    for (int i = 0; i < TRIES; i++) {
      track(connectFrom("127.0.0.2", server));
    }
    Wait.until("some are refused", () -> refused(server.counters(), Refusal.RATE) > TRIES / 2);
    assertServed(connectFrom("127.0.0.3", server), "another address");
    assertAddUp(server);
  }

  @Test
  void addressWhoseClientsKeepBreakingTheRulesIsRefusedForAWhile() throws Exception {
    Server server = serve(Limits.builder().limitLocal(true), lines(new Echo()));
    String tooLong = "x".repeat(2 * LINE_BYTES);
    for (int i = 1; i <= 4; i++) { // five seconds each, and fifteen are forgiven
      Socket client = connectFrom("127.0.0.2", server);
      send(client, tooLong);
      assertEnds(client);
      client.close();
      awaitClosed(server, CloseReason.FRAME_TOO_LONG, i);
    }
    assertRefused(connectFrom("127.0.0.2", server));
    awaitRefused(server, Refusal.PENALTY, 1);
    Socket other = connectFrom("127.0.0.3", server);
    send(other, "hello\n");
    assertThat(receive(other, 5)).isEqualTo("hello");
    assertAddUp(server);
  }

  @Test
  void newClientsAreDroppedEarlyWhileTooManyHaveSaidNothing() throws Exception {
    Server server = serve(Limits.builder().earlyDrop(2, 100, 2), lines(new Echo()));
    Socket first = connect(server);
    Socket second = connect(server);
    Wait.until("both are there", () -> server.counters().accepted() == 2);
    assertRefused(connect(server));
    awaitRefused(server, Refusal.EARLY_DROP, 1);
    send(first, "hello\n");
    assertThat(receive(first, 5)).isEqualTo("hello");
    Socket third = connect(server);
    Wait.until("the third is there", () -> server.counters().accepted() == 3);
    assertRefused(connect(server));
    second.close();
    awaitClosed(server, CloseReason.OK, 1);
    Socket fourth = connect(server);
    send(fourth, "hello\n");
    assertThat(receive(fourth, 5)).isEqualTo("hello");
    third.close();
    assertAddUp(server);
  }

  @Test
  void clientThatHoldsMostIsEvictedBeforeMemoryRunsOut() throws Exception {
    int clients = 8;
    Echo handler = new Echo();
    Server server =
        serve(
            Limits.builder().memory(MIB).outputSoft(0, Duration.ZERO).writeStall(Duration.ZERO),
            handler);
    List<Socket> greedy = new ArrayList<>();
    List<Connection> hoarders = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      greedy.add(connect(server, 4 * KIB));
      hoarders.add(handler.next());
    }
    ByteBuffer piece = zeros(16 * KIB);
    Connection any = open(server, handler);
    Wait.until(
        "one is evicted",
        () -> {
          any.execute(() -> hoarders.forEach(hoarder -> hoarder.write(piece.duplicate())));
          return server.counters().closed().getOrDefault(CloseReason.EVICTED, 0L) > 0;
        });
    assertThat(server.counters().closed()).containsEntry(CloseReason.OUT_HARD, 0L);
    for (Socket client : greedy) {
      reset(client);
    }
    Wait.until("they are gone", () -> server.counters().open() <= 1);
    assertServed(connect(server), "served");
    assertAddUp(server);
  }

  @Test
  void clientThatHoldsNothingIsToldWhenOthersHoldAll() throws Exception {
    int clients = 8;
    Echo handler = new Echo();
    Server server = serve(Limits.builder().memory(MIB), handler);
    List<Connection> hoarders = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      connect(server, 4 * KIB);
      hoarders.add(handler.next());
    }
    Socket reader = connect(server);
    Connection good = handler.next();
    good.execute(() -> {
      hoarders.forEach(hoarder -> hoarder.write(zeros(160 * KIB))); // too much together
      good.write(ByteBuffer.wrap(new byte[] {'h'}));
      good.write(ByteBuffer.wrap(new byte[] {'i'}));
    });
    assertThat(receive(reader, 2)).isEqualTo("hi");
    Wait.until(
        "one of the others pays",
        () -> server.counters().closed().getOrDefault(CloseReason.EVICTED, 0L) > 0);
    assertServed(reader, "still");
    assertAddUp(server);
  }

  /// Opens a connection whose client reads all the time.
  private Connection open(Server server, Echo handler) throws Exception {
    Socket reader = connect(server);
    Connection connection = handler.next();
    Thread.ofVirtual()
        .start(() -> {
          try {
            long _ = reader.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
          } catch (java.io.IOException _) {
            // the test is over
          }
        });
    return connection;
  }
}
