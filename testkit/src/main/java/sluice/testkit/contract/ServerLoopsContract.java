package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sluice.Listener;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// How a server of several loops divides its clients among them, and how all of them end.
public abstract class ServerLoopsContract extends ServerLoopsSuite {
  private static final int LOOPS = 3;
  private static final int LOOPS_MAX = 1024;
  private static final int CYCLES = 10;
  private static final int BIG_BYTES = 8 * MIB;
  private static final Duration SHORT = Duration.ofMillis(50);

  /// Notes on which thread each connection was called.
  private static final class Threads extends Echo {
    final Map<Connection, Set<Thread>> byConnection = new ConcurrentHashMap<>();

    void note(Connection connection) {
      byConnection
          .computeIfAbsent(connection, _ -> ConcurrentHashMap.newKeySet())
          .add(Thread.currentThread());
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      note(connection);
      super.onOpen(connection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      note(connection);
      assertThat(connection.write(zeros(70 * KIB))).isFalse();
    }

    @Override
    public void onWritable(Connection connection) {
      note(connection);
      connection.write(bytes("!"));
    }

    @Override
    public void onInputClosed(Connection connection) {
      note(connection);
      connection.execute(() -> note(connection));
      connection.close();
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      note(connection);
      super.onClose(connection, reason);
    }
  }

  @Test
  void clientsAreSpreadEvenlyAndStayOnTheirLoop() throws Exception {
    Threads handler = new Threads();
    Server server = serve(handler, LOOPS);
    assertThat(server.clientsPerLoop()).containsExactly(0, 0, 0);
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      clients.add(new Client(connect(server), handler.next()));
    }
    assertThat(server.clientsPerLoop()).containsExactly(20, 20, 20);
    for (Client client : clients) {
      send(client.socket(), "x");
    }
    for (Client client : clients) {
      receiveBytes(client.socket(), 70 * KIB + 1);
      client.socket().shutdownOutput();
      assertEnds(client.socket());
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    }
    assertThat(server.clientsPerLoop()).containsExactly(0, 0, 0);
    Set<Thread> all = new HashSet<>();
    for (Client client : clients) {
      Set<Thread> its = handler.byConnection.get(client.connection());
      assertThat(its).hasSize(1);
      all.addAll(its);
    }
    assertThat(all).hasSize(LOOPS);
  }

  @Test
  void newClientsFillTheLoopsThatOthersHaveLeft() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, 60);
    for (int i = 0; i < 60; i++) {
      if (i % LOOPS == 1 || i % 10 == 0) { // all of one loop and some of the others
        clients.get(i).socket().close();
        handler.reason();
      }
    }
    assertThat(server.clientsPerLoop()).element(1).isEqualTo(0);
    int left = server.clientsPerLoop().stream().mapToInt(Integer::intValue).sum();
    join(server, handler, 60 - left);
    assertThat(server.clientsPerLoop()).containsExactly(20, 20, 20);
  }

  @Test
  void crowdThatComesAtOnceIsSpreadEvenly() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    for (int i = 0; i < 300; i++) {
      connect(server);
    }
    for (int i = 0; i < 300; i++) {
      handler.next();
    }
    assertThat(server.clientsPerLoop()).containsExactly(100, 100, 100);
  }

  @Test
  void clientsThatGetNoHandlerAreNotCounted() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Echo handler = new Echo();
    try (LogCapture log = new LogCapture()) {
      Server server =
          track(
              Server.builder()
                  .backend(backend())
                  .listen(loopback())
                  .loops(2)
                  .handlerPerConnection(() -> {
                    if (asked.incrementAndGet() <= 5) {
                      throw new IllegalStateException("planted");
                    }
                    return handler;
                  })
                  .start());
      for (int i = 1; i <= 5; i++) {
        try (Socket client = new Socket()) {
          client.connect(address(server));
        } catch (IOException _) {
          // reset already
        }
        int dropped = i;
        Wait.until("dropped", () -> log.thrown().size() == dropped);
      }
      Wait.until("nobody is counted", () -> server.clientsPerLoop().equals(List.of(0, 0)));
      join(server, handler, 4);
      assertThat(server.clientsPerLoop()).containsExactly(2, 2);
    }
  }

  @Test
  void clientsOfOtherLoopsAreServedWhileOneIsHeldUp() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, LOOPS);
    for (Client held : clients) {
      try (Blocked _ = new Blocked(held.connection())) {
        for (Client client : clients) {
          if (!client.equals(held)) {
            assertServed(client.socket(), "served");
          }
        }
      }
      assertServed(held.socket(), "again");
    }
  }

  @Test
  void tooFewAndTooManyLoopsAreRefused() {
    for (int count : new int[] {0, -1, Integer.MIN_VALUE, LOOPS_MAX + 1, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> Server.builder().loops(count))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("loops")
          .hasMessageContaining(String.valueOf(count));
    }
    Server.builder().loops(1).loops(LOOPS_MAX);
  }

  @Test
  void closeAndJoinInACallbackOfAnyLoopAreRefused() throws Exception {
    BlockingQueue<Exception> refusals = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            for (Runnable call :
                List.<Runnable>of(connection.server()::close, connection.server()::join)) {
              try {
                call.run();
              } catch (IllegalStateException e) {
                refusals.add(e);
              }
            }
            connection.write(data);
          }
        };
    Server server = serve(handler, LOOPS);
    for (Client client : join(server, handler, LOOPS)) {
      assertServed(client.socket(), "goes on");
      assertThat(await(refusals)).hasMessageContaining("close").hasMessageContaining("callback");
      assertThat(await(refusals)).hasMessageContaining("join").hasMessageContaining("callback");
    }
  }

  @Test
  void stopByAHandlerOfAnyLoopEndsTheServer() throws Exception {
    for (int i = 0; i < LOOPS; i++) {
      Echo handler =
          new Echo() {
            @Override
            public void onData(Connection connection, ByteBuffer data) {
              connection.write(data);
              var _ = connection.server().stop(LONG);
            }
          };
      Server server = serve(handler, LOOPS);
      List<Client> clients = join(server, handler, 2 * LOOPS);
      send(clients.get(i).socket(), "stop");
      for (Client client : clients) {
        String last = client.equals(clients.get(i)) ? "stop" : "";
        assertThat(receiveRest(client.socket())).isEqualTo(last);
        client.socket().close();
      }
      server.join();
      assertThat(handler.closed).hasSize(2 * LOOPS).containsOnly(CloseReason.DRAIN);
      assertThat(server.clientsPerLoop()).containsExactly(0, 0, 0);
    }
  }

  /// Clients on every loop that have much output waiting and read none of it.
  private final class Stuck {
    final Echo handler = new Echo();
    final Server server = serve(handler, LOOPS);
    final List<Socket> clients = new ArrayList<>();

    Stuck() throws Exception {
      for (int i = 0; i < LOOPS; i++) {
        clients.add(connect(server, 64 * KIB));
        handler.next().write(ByteBuffer.wrap(randomBytes(i, BIG_BYTES)));
      }
    }
  }

  @Test
  void stopDeliversWhatWasWrittenOnEveryLoop() throws Exception {
    Stuck stuck = new Stuck();
    CompletionStage<Void> stopped = stuck.server.stop(LONG);
    for (int i = 0; i < LOOPS; i++) {
      assertThat(stopped.toCompletableFuture().isDone()).isFalse();
      Socket client = stuck.clients.get(i);
      assertThat(receiveBytes(client, BIG_BYTES)).isEqualTo(randomBytes(i, BIG_BYTES));
      assertEnds(client);
      client.close();
      assertThat(stuck.handler.reason()).isEqualTo(CloseReason.DRAIN);
    }
    awaitEnd(stopped);
  }

  @Test
  void stopDropsOnEveryLoopAtTheDeadline() throws Exception {
    Stuck stuck = new Stuck();
    assertNotEarly(SHORT, () -> awaitEnd(stuck.server.stop(SHORT)));
    assertThat(stuck.handler.closed).hasSize(LOOPS).containsOnly(CloseReason.DRAIN_DEADLINE);
    for (Socket client : stuck.clients) {
      assertReset(client);
    }
  }

  @Test
  void stopEndsThoughOneLoopIsHeldUpMeanwhile() throws Exception {
    for (int i = 0; i < LOOPS; i++) {
      Echo handler = new Echo();
      Server server = serve(handler, LOOPS);
      List<Client> clients = join(server, handler, LOOPS);
      CompletionStage<Void> stopped;
      try (Blocked _ = new Blocked(clients.get(i).connection())) {
        stopped = server.stop(Duration.ZERO);
        for (int other = 1; other < LOOPS; other++) {
          handler.reason();
        }
        assertThat(stopped.toCompletableFuture().isDone()).isFalse();
      }
      awaitEnd(stopped);
      assertThat(handler.reason()).isEqualTo(CloseReason.DRAIN);
    }
  }

  @Test
  void stopRacingWithNewClientsEndsAndTellsEachOfThemOnce() throws Exception {
    for (int i = 0; i < 20; i++) {
      Echo handler = new Echo();
      Server server = serve(handler, LOOPS);
      Background<Integer> crowd =
          Background.start(() -> {
            int count = 0;
            try {
              for (; count < 1_000; count++) {
                try (Socket client = new Socket()) {
                  client.connect(address(server));
                }
              }
            } catch (IOException _) {
              // stopped
            }
            return count;
          });
      handler.next();
      awaitEnd(server.stop(LONG));
      crowd.join();
      assertThat(handler.closed).hasSize(handler.opened.size() + 1);
      assertThat(server.clientsPerLoop()).containsExactly(0, 0, 0);
    }
  }

  @Test
  void closedServerLeavesNoThreadAndNoDescriptor() throws Exception {
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < CYCLES; i++) {
        Echo handler = new Echo();
        Server server = builder(handler, LOOPS).start();
        List<Socket> clients = new ArrayList<>();
        for (int n = 0; n < 2 * LOOPS; n++) {
          Socket client = new Socket();
          clients.add(client);
          client.connect(address(server));
          assertServed(client, "served");
        }
        assertThat(loopThreads()).isEqualTo(LOOPS);
        for (Socket client : clients) {
          client.close();
        }
        server.close();
        Wait.until("no thread of a loop is left", () -> loopThreads() == 0);
      }
    });
  }

  @Test
  void failedStartLeavesNoThreadAndNoDescriptor() throws Exception {
    Listener taken = listener();
    ConnectionHandler handler = new Echo();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < CYCLES; i++) {
        assertThatThrownBy(() -> builder(handler, LOOPS).listen(taken.localAddress()).start())
            .isInstanceOf(BindException.class);
      }
    });
    Wait.until("no thread of a loop is left", () -> loopThreads() == 0);
  }
}
