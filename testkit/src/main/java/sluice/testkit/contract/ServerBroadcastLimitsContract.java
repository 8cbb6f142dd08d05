package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Server;

/// What a broadcast costs those who broadcast too much, or whose predicate fails, and nobody else.
public abstract class ServerBroadcastLimitsContract extends ServerLoopsSuite {
  private static final int LOOPS = 3;
  private static final int PIECE_BYTES = KIB;

  /// How much may wait for a loop.
  private static final int WAITING_BYTES_MAX = MIB;

  /// How much if the server's other loops broadcast it, whose clients are slowed down.
  private static final int WAITING_BYTES_MAX_OF_LOOPS = 16 * MIB;

  /// One receive, and what it costs to hold it, generously.
  private static final int SLACK_BYTES = 256 * KIB;

  /// Counts, for each client, the broadcasts that have come to it. They write nothing.
  private static final class Counter {
    private final Map<Connection, AtomicInteger> counts = new ConcurrentHashMap<>();

    boolean count(Connection client) {
      counts.computeIfAbsent(client, _ -> new AtomicInteger()).incrementAndGet();
      return false;
    }

    int of(Client client) {
      AtomicInteger count = counts.get(client.connection());
      return count == null ? 0 : count.get();
    }
  }

  /// Broadcasts until it is refused. Returns how many were taken.
  private static int fill(Server server, Counter counter, int pieceBytes) {
    ByteBuffer piece = zeros(pieceBytes);
    for (int taken = 0; taken * (long) pieceBytes <= 2L * WAITING_BYTES_MAX_OF_LOOPS; taken++) {
      try {
        server.broadcast(piece, counter::count);
      } catch (RejectedExecutionException _) {
        assertThat(piece.remaining()).isEqualTo(pieceBytes);
        return taken;
      }
    }
    throw new AssertionError("nothing is refused");
  }

  @Test
  void outsideBroadcastsAboveTheLimitAreRefusedByAllLoopsOrTakenByAll() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, LOOPS);
    int expected = 0;
    for (int round = 0; round < 3 * LOOPS; round++) {
      Counter counter = new Counter();
      int taken;
      try (Blocked _ = new Blocked(clients.get(round % LOOPS).connection())) {
        taken = fill(server, counter, PIECE_BYTES);
      }
      for (Client client : clients) {
        Wait.until("all have come", () -> counter.of(client) >= taken);
        assertServed(client.socket(), "no more comes");
        assertThat(counter.of(client)).isEqualTo(taken);
      }
      assertThat(taken * PIECE_BYTES).isBetween(WAITING_BYTES_MAX - SLACK_BYTES, WAITING_BYTES_MAX);
      expected = round == 0 ? taken : expected;
      assertThat(taken).as("room in round %d", round).isEqualTo(expected);
    }
  }

  @Test
  void outsideBroadcastsOfManyThreadsAreRefusedByAllLoopsOrTakenByAll() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, LOOPS);
    Counter counter = new Counter();
    int taken = 0;
    try (Blocked _ = new Blocked(clients.getLast().connection())) {
      List<Background<Integer>> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        threads.add(Background.start(() -> fill(server, counter, PIECE_BYTES)));
      }
      for (Background<Integer> thread : threads) {
        taken += thread.join();
      }
    }
    assertThat(taken).isPositive();
    for (Client client : clients) {
      int all = taken;
      Wait.until("all have come", () -> counter.of(client) >= all);
      assertServed(client.socket(), "no more comes");
      assertThat(counter.of(client)).isEqualTo(all);
    }
  }

  @Test
  void broadcastLargerThanTheLimitIsTakenWhenNoneIsWaiting() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, LOOPS);
    for (int round = 0; round < 3; round++) {
      byte[] big = randomBytes(round, 2 * WAITING_BYTES_MAX);
      server.broadcast(ByteBuffer.wrap(big));
      for (Client client : clients) {
        assertThat(receiveBytes(client.socket(), big.length)).isEqualTo(big);
      }
    }
  }

  /// Broadcasts everything it gets, only to be counted.
  private static final class Flooding extends Echo {
    final Counter counter = new Counter();
    final AtomicLong broadcast = new AtomicLong();

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      int count = data.remaining();
      connection.server().broadcast(data, counter::count);
      broadcast.addAndGet(count); // not before: whoever waits for it looks at the counter then
    }
  }

  /// A server of two loops, whose first client gets the handler `first`.
  private Server serveFirst(ConnectionHandler first, ConnectionHandler others) throws IOException {
    AtomicBoolean given = new AtomicBoolean();
    return track(
        Server.builder()
            .backend(backend())
            .listen(loopback())
            .loops(2)
            .handlerPerConnection(() -> given.compareAndSet(false, true) ? first : others)
            .start());
  }

  /// Floods through `first`, which is `flooding` or around it, while another loop is held up.
  private void assertIsSlowedDown(ConnectionHandler first, Flooding flooding) throws Exception {
    byte[] flood = new byte[16 * MIB];
    Echo others = new Echo();
    Server server = serveFirst(first, others);
    Client flooder = join(server, flooding);
    Client held = join(server, others);
    Client neighbour = join(server, others); // of the flooder
    Background<Integer> sender;
    try (Blocked _ = new Blocked(held.connection())) {
      sender =
          Background.start(() -> {
            flooder.socket().getOutputStream().write(flood);
            return flood.length;
          });
      Wait.until("much", () -> flooding.broadcast.get() > WAITING_BYTES_MAX - SLACK_BYTES);
      for (int i = 0; i < 200; i++) {
        assertServed(neighbour.socket(), "meanwhile");
      }
      assertThat(flooding.broadcast.get()).isLessThan(WAITING_BYTES_MAX + SLACK_BYTES);
      assertThat(flooding.counter.of(held)).isZero();
    }
    assertThat(sender.join()).isEqualTo(flood.length);
    Wait.until("goes on", () -> flooding.broadcast.get() == flood.length);
    Wait.until("nothing is lost", () -> flooding.counter.of(held) == flooding.counter.of(flooder));
    assertServed(held.socket(), "no more comes");
    assertThat(flooding.counter.of(held)).isEqualTo(flooding.counter.of(neighbour));
    assertThat(flooding.closed).isEmpty();
  }

  @Test
  void handlerThatBroadcastsFasterThanAnotherLoopDeliversIsSlowedDown() throws Exception {
    Flooding flooding = new Flooding();
    assertIsSlowedDown(flooding, flooding);
  }

  @Test
  void handlerOfFramesThatBroadcastsFasterThanAnotherLoopDeliversIsSlowedDown() throws Exception {
    Flooding flooding = new Flooding();
    assertIsSlowedDown(Frames.fixedLength(PIECE_BYTES, flooding), flooding);
    assertThat(flooding.counter.counts.values())
        .allMatch(count -> count.get() == 16 * MIB / PIECE_BYTES);
  }

  @Test
  void handlerThatWasSlowedDownStillWritesAndCloses() throws Exception {
    Echo others = new Echo();
    Counter counter = new Counter();
    Echo first =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.server().broadcast(zeros(WAITING_BYTES_MAX), counter::count);
            connection.server().broadcast(zeros(1), counter::count);
            connection.write(data);
          }
        };
    Server server = serveFirst(first, others);
    Client slow = join(server, first);
    Client held = join(server, others);
    try (Blocked _ = new Blocked(held.connection())) {
      assertServed(slow.socket(), "slowed down");
      send(slow.socket(), "is not read");
      slow.connection().write(bytes("still written"));
      assertThat(receive(slow.socket(), 13)).isEqualTo("still written");
      slow.connection().close();
      assertEnds(slow.socket());
      slow.socket().close();
      assertThat(first.reason()).isEqualTo(CloseReason.OK);
    }
    Wait.until("both have come", () -> counter.of(held) == 2);
    assertServed(held.socket(), "goes on");
  }

  @Test
  void handlerThatBroadcastsFarTooMuchAtOnceIsRefusedAndHurtsNobodyElse() throws Exception {
    Echo others = new Echo();
    Counter counter = new Counter();
    BlockingQueue<Integer> taken = new LinkedBlockingQueue<>();
    Echo first =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            taken.add(fill(connection.server(), counter, 64 * KIB));
            connection.server().broadcast(zeros(64 * KIB)); // once too much: not caught
          }
        };
    Server server = serveFirst(first, others);
    Client greedy = join(server, first);
    Client held = join(server, others);
    Client neighbour = join(server, others);
    int count;
    try (LogCapture log = new LogCapture();
        Blocked _ = new Blocked(held.connection())) {
      send(greedy.socket(), "x");
      count = await(taken);
      assertThat(first.reason()).isEqualTo(CloseReason.HANDLER_ERROR);
      assertThat(log.thrown()).hasSize(1).first().isInstanceOf(RejectedExecutionException.class);
      assertServed(neighbour.socket(), "served");
    }
    assertThat(count * 64 * KIB)
        .isBetween(WAITING_BYTES_MAX_OF_LOOPS - SLACK_BYTES, WAITING_BYTES_MAX_OF_LOOPS);
    Wait.until("all have come", () -> counter.of(held) >= count);
    assertServed(held.socket(), "no more comes");
    assertThat(counter.of(held)).isEqualTo(count);
    assertThat(counter.of(neighbour)).isEqualTo(count);
  }

  @Test
  void predicateThatThrowsOutsideIsLoggedAndHurtsNobody() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, LOOPS);
    Connection victim = clients.get(1).connection();
    try (LogCapture log = new LogCapture()) {
      for (int i = 1; i <= 10; i++) {
        server.broadcast(
            bytes("news"),
            client -> {
              if (client.equals(victim)) {
                throw new AssertionError("planted");
              }
              return true;
            });
        int logged = i;
        Wait.until("logged", () -> log.thrown().size() == logged);
      }
    }
    server.broadcast(bytes("last"));
    for (Client client : clients) {
      int news = client.connection().equals(victim) ? 0 : 10;
      assertThat(receive(client.socket(), news * 4 + 4)).isEqualTo("news".repeat(news) + "last");
      assertServed(client.socket(), "goes on");
    }
    assertThat(handler.closed).isEmpty();
  }

  @Test
  void predicateThatThrowsInAHandlerClosesOnlyItsConnection() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            if (data.get(0) == '!') {
              connection
                  .server()
                  .broadcast(
                      data,
                      _ -> {
                        throw new AssertionError("planted");
                      });
            }
            super.onData(connection, data);
          }
        };
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, 2 * LOOPS);
    try (LogCapture _ = new LogCapture()) {
      send(clients.getFirst().socket(), "!");
      assertReset(clients.getFirst().socket());
      assertThat(handler.reason()).isEqualTo(CloseReason.HANDLER_ERROR);
    }
    for (Client client : clients.subList(1, clients.size())) {
      assertServed(client.socket(), "goes on");
    }
    assertThat(handler.closed).isEmpty();
  }
}
