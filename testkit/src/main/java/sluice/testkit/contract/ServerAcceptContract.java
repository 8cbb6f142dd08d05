package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// How clients come in: many at once, dead ones, and while the server starts or stops.
public abstract class ServerAcceptContract extends ServerSuite {
  private static final int PENDING = 100;

  /// Clients accepted before one that is already there is served: some turns' worth.
  private static final int PENDING_SHARE = 64;

  private static final int THREADS = 4;
  private static final int QUICK_CONNECTIONS = 500;
  private static final int CYCLES = 20;
  private static final int RACES = 100;

  private Server.Builder builder() {
    return Server.builder().backend(backend()).listen(loopback());
  }

  @Test
  void crowdThatWaitsToBeAcceptedDoesNotKeepTheOthersWaiting() throws Exception {
    AtomicInteger came = new AtomicInteger();
    BlockingQueue<Integer> before = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            came.incrementAndGet();
            super.onOpen(connection);
          }

          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            before.add(came.get());
            super.onData(connection, data);
          }
        };
    Server server = serve(handler);
    Socket client = connect(server);
    Connection connection = handler.next();
    List<Socket> crowd = new ArrayList<>();
    try (Blocked _ = new Blocked(connection)) {
      for (int i = 0; i < PENDING; i++) {
        crowd.add(connect(server));
      }
      send(client, "me");
    }
    assertThat(receive(client, 2)).isEqualTo("me");
    assertThat(await(before)).as("clients opened before").isLessThan(PENDING_SHARE);
    for (Socket one : crowd) {
      assertServed(one, "each");
    }
  }

  @Test
  void clientThatResetBeforeItWasAcceptedHurtsNobody() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler);
    Socket first = connect(server);
    Connection connection = handler.next();
    for (int i = 0; i < CYCLES; i++) {
      Socket next;
      try (Blocked _ = new Blocked(connection)) {
        reset(connect(server));
        next = connect(server);
        reset(connect(server));
      }
      assertServed(next, "next");
      assertServed(first, "first");
    }
    Wait.until(
        "all the dead are told as ended",
        () -> handler.opened.size() == handler.closed.size() + CYCLES);
    assertThat(handler.closed).allMatch(reason -> reason == CloseReason.PEER_RESET);
  }

  @Test
  void clientsThatWaitToBeAcceptedWhenTheServerStopsAreNotLeftWaiting() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler);
    Socket first = connect(server);
    Connection connection = handler.next();
    List<Socket> crowd = new ArrayList<>();
    try (Blocked _ = new Blocked(connection)) {
      for (int i = 0; i < PENDING; i++) {
        crowd.add(connect(server));
      }
      var _ = server.stop(LONG);
    }
    assertEnds(first);
    first.close();
    for (Socket one : crowd) {
      try {
        assertEnds(one);
      } catch (SocketException e) {
        assertThat(e).hasMessageContaining("reset");
      }
      one.close();
    }
    server.join();
    assertThat(handler.closed).hasSize(handler.opened.size() + 1);
  }

  @Test
  void moreClientsThanTheBacklogHoldsGetInAtLast() throws Exception {
    Echo handler = new Echo();
    Server server = track(builder().backlog(1).handler(handler).start());
    connect(server);
    Connection connection = handler.next();
    List<Background<Socket>> crowd = new ArrayList<>();
    BlockingQueue<Socket> connected = new LinkedBlockingQueue<>();
    try (Blocked _ = new Blocked(connection)) {
      for (int i = 0; i < 4; i++) {
        crowd.add(
            Background.start(() -> {
              Socket one = connect(server);
              connected.add(one);
              return one;
            }));
      }
      await(connected); // whichever of them the system let in
    }
    for (Background<Socket> one : crowd) {
      assertServed(one.join(), "in");
    }
  }

  @Test
  void quickConnectionsOfManyThreadsAreEachTakenOnceAndNeverMixedUp() throws Exception {
    DescriptorCount.assertNoneLeak(() -> {
      Echo handler = new Echo();
      try (Server server = builder().handler(handler).start()) {
        List<Background<Integer>> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
          int thread = i;
          threads.add(Background.start(() -> comeAndGo(server, thread)));
        }
        for (Background<Integer> thread : threads) {
          thread.join();
        }
        for (int i = 0; i < THREADS * QUICK_CONNECTIONS; i++) {
          handler.reason();
        }
        assertThat(handler.closed).isEmpty();
        assertThat(handler.opened).hasSize(THREADS * QUICK_CONNECTIONS);
      }
    });
  }

  private static int comeAndGo(Server server, int thread) throws IOException {
    for (int n = 0; n < QUICK_CONNECTIONS; n++) {
      try (Socket client = new Socket()) {
        client.setSoTimeout((int) LONG.toMillis());
        client.connect(address(server));
        assertServed(client, thread + " " + n);
        if (n % 2 == 0) {
          client.setSoLinger(true, 0);
        }
      }
    }
    return thread;
  }

  @Test
  void closeRightAfterStartEnds() throws Exception {
    for (int i = 0; i < CYCLES; i++) {
      Server server = builder().handler(new Echo()).start();
      if (i % 2 == 0) {
        server.close();
      } else {
        Background<Boolean> closer =
            Background.start(() -> {
              server.close();
              return true;
            });
        server.join();
        closer.join();
      }
    }
  }

  @Test
  void stopInOnOpenEndsTheServer() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            connection.write(bytes("bye"));
            var _ = connection.server().stop(LONG);
            super.onOpen(connection);
          }
        };
    Server server = serve(handler);
    try (Socket client = connect(server)) {
      assertThat(receiveRest(client)).isEqualTo("bye");
    }
    server.join();
    assertThat(handler.reason()).isEqualTo(CloseReason.DRAIN);
  }

  @Test
  void stopRacingWithTheLastClientsEndEnds() throws Exception {
    for (int i = 0; i < RACES; i++) {
      Echo handler = new Echo();
      Server server = serve(handler);
      Socket client = connect(server);
      handler.next();
      Background<Boolean> leaving =
          Background.start(() -> {
            client.close();
            return true;
          });
      var _ = server.stop(LONG);
      server.join();
      leaving.join();
      assertThat(handler.closed).hasSize(1);
    }
  }

  @Test
  void supplierOfHandlersThatFailsCostsItsOwnClientOnly() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    @SuppressWarnings("NullAway") // what is tested
    Server server =
        track(
            builder()
                .handlerPerConnection(() ->
                    switch (asked.incrementAndGet()) {
                      case 1 -> throw new IllegalStateException("planted");
                      case 2 -> null;
                      default -> new Echo();
                    })
                .start());
    try (LogCapture log = new LogCapture()) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> receiveRest(connect(server))) // or it is reset in connect
            .isInstanceOf(SocketException.class)
            .hasMessageContaining("reset");
      }
      assertServed(connect(server), "the next");
      assertServed(connect(server), "and the next");
      assertThat(log.thrown()).hasSize(2);
    }
    assertThat(asked).hasValue(4);
  }

  @Test
  void everyClientHasTheHandlerThatWasMadeForIt() throws Exception {
    AtomicInteger made = new AtomicInteger();
    Server server =
        track(
            builder()
                .handlerPerConnection(() -> {
                  String name = "n" + made.incrementAndGet();
                  ConnectionHandler handler = (connection, _) -> connection.write(bytes(name));
                  return handler;
                })
                .start());
    List<Socket> clients = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      Socket client = connect(server);
      send(client, "x");
      assertThat(receive(client, 2)).isEqualTo("n" + i);
      clients.add(client);
    }
    for (int i = 1; i <= 3; i++) {
      send(clients.get(i - 1), "x");
      assertThat(receive(clients.get(i - 1), 2)).isEqualTo("n" + i);
    }
  }

  @Test
  void wildcardServesBothFamiliesAndTellsTheirAddressesAsTheyAre() throws Exception {
    if (NetworkInterface.getByInetAddress(InetAddress.ofLiteral("::1")) != null) {
      Echo handler = new Echo();
      InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("::"), 0);
      Server server =
          track(Server.builder().backend(backend()).listen(any).handler(handler).start());
      for (String host : List.of("127.0.0.1", "::1")) {
        assertServedBy(server, host);
        InetSocketAddress remote = (InetSocketAddress) handler.next().remoteAddress();
        assertThat(remote.getAddress()).isEqualTo(InetAddress.ofLiteral(host));
      }
    }
  }

  private void assertServedBy(Server server, String host) throws IOException {
    Socket client = track(new Socket());
    client.connect(new InetSocketAddress(InetAddress.ofLiteral(host), address(server).getPort()));
    assertServed(client, host);
  }

  @Test
  void serverThatNobodyRemembersGoesOn() throws Exception {
    Echo handler = new Echo();
    InetSocketAddress address = forget(handler);
    System.gc();
    System.gc();
    Socket client = track(new Socket());
    client.connect(address);
    assertServed(client, "still here");
    var stopped = handler.next().server().stop(Duration.ZERO);
    stopped.toCompletableFuture().join();
  }

  private InetSocketAddress forget(Echo handler) throws IOException {
    return address(builder().handler(handler).start());
  }

  @Test
  void childProcessesInheritNothing() throws Exception {
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    handler.next();
    if (Files.isDirectory(Path.of("/proc/self/fd"))) {
      Process child = new ProcessBuilder("ls", "-l", "/proc/self/fd").start();
      String open = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(child.waitFor()).isZero();
      assertThat(open).contains("pipe").doesNotContain("socket").doesNotContain("anon_inode");
    }
    assertServed(client, "goes on");
  }
}
