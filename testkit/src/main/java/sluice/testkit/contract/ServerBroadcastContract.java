package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Server;

/// Whom a broadcast reaches, and in which order with whatever else its thread does.
public abstract class ServerBroadcastContract extends ServerLoopsSuite {
  private static final int LOOPS = 3;
  private static final int ROUNDS = 100;
  private static final int MESSAGES = 1_000;
  private static final int MESSAGE_BYTES = 8;

  private static ByteBuffer message(int sender, int number) {
    return zeros(MESSAGE_BYTES).putInt(0, sender).putInt(4, number);
  }

  /// Checks that the client gets [#MESSAGES] of each of `senders`, each one's in order.
  private static void assertGetsAll(Socket client, int senders) throws Exception {
    int[] next = new int[senders];
    byte[] all = receiveBytes(client, senders * MESSAGES * MESSAGE_BYTES);
    for (ByteBuffer data = ByteBuffer.wrap(all); data.hasRemaining(); ) {
      int sender = data.getInt();
      assertThat(data.getInt()).isEqualTo(next[sender]++);
    }
    assertThat(next).containsOnly(MESSAGES);
  }

  @Test
  void broadcastOfHandlersReachesTheClientsOfAllLoopsEachSendersInOrder() throws Exception {
    Echo notes = new Echo();
    ConnectionHandler handler =
        Frames.fixedLength(
            MESSAGE_BYTES,
            new Echo() {
              @Override
              public void onOpen(Connection connection) throws Exception {
                notes.onOpen(connection);
              }

              @Override
              public void onData(Connection connection, ByteBuffer data) {
                connection.server().broadcast(data);
              }
            });
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, notes, 2 * LOOPS);
    List<Background<Integer>> senders = new ArrayList<>();
    for (int i = 0; i < clients.size(); i++) {
      Socket client = clients.get(i).socket();
      int sender = i;
      senders.add(
          Background.start(() -> {
            for (int n = 0; n < MESSAGES; n++) {
              client.getOutputStream().write(message(sender, n).array());
            }
            return sender;
          }));
    }
    for (Client client : clients) {
      assertGetsAll(client.socket(), clients.size());
    }
    for (Background<Integer> sender : senders) {
      sender.join();
    }
  }

  @Test
  void broadcastFromOutsideReachesTheClientsOfAllLoopsEachThreadsInOrder() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, 2 * LOOPS);
    List<Background<Integer>> senders = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int sender = i;
      senders.add(
          Background.start(() -> {
            for (int n = 0; n < MESSAGES; n++) {
              server.broadcast(message(sender, n));
            }
            return sender;
          }));
    }
    for (Client client : clients) {
      assertGetsAll(client.socket(), senders.size());
    }
    for (Background<Integer> sender : senders) {
      sender.join();
    }
  }

  @Test
  void onlyThoseAreReachedWhomThePredicateChooses() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, 2 * LOOPS);
    Client alone = clients.get(4);
    server.broadcast(bytes("for you"), alone.connection()::equals);
    server.broadcast(bytes("for all"));
    for (Client client : clients) {
      String expected = client.equals(alone) ? "for youfor all" : "for all";
      assertThat(receive(client.socket(), expected.length())).isEqualTo(expected);
    }
  }

  @Test
  void predicateIsAskedOnTheLoopOfEachClient() throws Exception {
    List<Thread> threads = new ArrayList<>();
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, LOOPS);
    for (Client client : clients) {
      CountDownLatch noted = new CountDownLatch(1);
      client
          .connection()
          .execute(() -> {
            threads.add(Thread.currentThread());
            noted.countDown();
          });
      await(noted);
    }
    server.broadcast(
        bytes("!"),
        client -> {
          for (int i = 0; i < LOOPS; i++) {
            if (client.equals(clients.get(i).connection())) {
              return Thread.currentThread().equals(threads.get(i));
            }
          }
          return false;
        });
    for (Client client : clients) {
      assertThat(receive(client.socket(), 1)).isEqualTo("!");
    }
  }

  /// What a thread does with a client.
  @FunctionalInterface
  private interface Steps {
    void of(Server server, Connection connection);
  }

  /// Lets one thread do `steps` with clients of all loops, again and again, and on loops that are
  /// free as on loops that are held up. Checks all that each client gets.
  private void assertGets(String expected, Steps steps) throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    for (int round = 0; round < ROUNDS; round++) {
      List<Client> clients = join(server, handler, LOOPS);
      List<Client> toBlock = round % 2 == 0 ? clients : List.of();
      try (AutoCloseable _ = block(toBlock)) {
        for (Client client : clients) {
          steps.of(server, client.connection());
        }
      }
      for (Client client : clients) {
        Socket socket = client.socket();
        assertThat(receive(socket, expected.length())).as("round %d", round).isEqualTo(expected);
        socket.shutdownOutput();
        assertEnds(socket);
        assertThat(handler.reason()).isEqualTo(CloseReason.OK);
      }
    }
  }

  /// Broadcasts to one client.
  private static void tell(Server server, Connection client, String text) {
    server.broadcast(bytes(text), client::equals);
  }

  @Test
  void writeAfterABroadcastComesAfterIt() throws Exception {
    assertGets(
        "first second",
        (server, connection) -> {
          tell(server, connection, "first ");
          assertThat(connection.write(bytes("second"))).isTrue();
        });
  }

  @Test
  void broadcastAfterAWriteComesAfterIt() throws Exception {
    assertGets(
        "first second",
        (server, connection) -> {
          assertThat(connection.write(bytes("first "))).isTrue();
          tell(server, connection, "second");
        });
  }

  @Test
  void everyClientGetsWhatAThreadBroadcastsAndWritesInOrder() throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      Echo handler = new Echo();
      Server server = serve(handler, LOOPS);
      List<Client> clients = join(server, handler, 2 * LOOPS);
      List<StringBuilder> expected = new ArrayList<>();
      clients.forEach(_ -> expected.add(new StringBuilder()));
      List<Client> toBlock = clients.subList(random.nextInt(LOOPS), LOOPS);
      try (AutoCloseable _ = block(seed % 2 == 0 ? toBlock : List.of())) {
        for (int i = 0; i < 500; i++) {
          String text = i + " ";
          if (random.nextInt(3) == 0) {
            server.broadcast(bytes(text));
            expected.forEach(all -> all.append(text));
          } else {
            int one = random.nextInt(clients.size());
            clients.get(one).connection().write(bytes(text));
            expected.get(one).append(text);
          }
        }
      }
      for (int i = 0; i < clients.size(); i++) {
        Socket client = clients.get(i).socket();
        String all = expected.get(i).toString();
        assertThat(receive(client, all.length())).as("seed %d", seed).isEqualTo(all);
        client.shutdownOutput();
        assertEnds(client);
      }
      server.close();
    }
  }

  @Test
  void broadcastBeforeStopArrivesOnEveryLoop() throws Exception {
    for (int round = 0; round < 10; round++) {
      Echo handler = new Echo();
      Server server = serve(handler, LOOPS);
      List<Client> clients = join(server, handler, LOOPS);
      try (AutoCloseable _ = block(round % 2 == 0 ? clients : List.of())) {
        server.broadcast(bytes("good "));
        clients.getFirst().connection().write(bytes("by"));
        server.broadcast(bytes("bye"));
        var _ = server.stop(LONG);
      }
      for (Client client : clients) {
        String all = client.equals(clients.getFirst()) ? "good bybye" : "good bye";
        assertThat(receiveRest(client.socket())).isEqualTo(all);
        client.socket().close();
      }
      server.join();
      assertThat(handler.closed).containsOnly(CloseReason.DRAIN);
    }
  }

  /// Broadcasts on another thread, that of `elsewhere` or one of its own, and waits for it.
  private static void tellFrom(Client elsewhere, boolean loop, Connection to) throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    Runnable broadcast =
        () -> {
          tell(to.server(), to, "first ");
          done.countDown();
        };
    if (loop) {
      elsewhere.connection().execute(broadcast);
    } else {
      Thread.ofPlatform().start(broadcast);
    }
    await(done);
  }

  /// What a handler does after something that happened before.
  @FunctionalInterface
  private interface Answer {
    void by(Connection connection, ByteBuffer data);
  }

  private void assertComesAfterAnEarlierBroadcast(String rest, Answer answer) throws Exception {
    for (boolean loop : new boolean[] {false, true}) {
      List<Client> clients = new ArrayList<>();
      Echo handler =
          new Echo() {
            @Override
            public void onData(Connection connection, ByteBuffer data) throws Exception {
              tellFrom(clients.getFirst(), loop, connection);
              answer.by(connection, data);
            }
          };
      Server server = serve(handler, 2);
      clients.addAll(join(server, handler, 2));
      Socket client = clients.getLast().socket();
      send(client, "second");
      assertThat(receive(client, 6 + rest.length())).isEqualTo("first " + rest);
      if (rest.isEmpty()) {
        assertEnds(client);
      }
    }
  }

  @Test
  void writeInACallbackComesAfterAnEarlierBroadcastOfAnotherThread() throws Exception {
    assertComesAfterAnEarlierBroadcast("second", Connection::write);
  }

  @Test
  void broadcastInACallbackComesAfterAnEarlierOneOfAnotherThread() throws Exception {
    assertComesAfterAnEarlierBroadcast("2nd", (client, _) -> tell(client.server(), client, "2nd"));
  }

  @Test
  void closeInACallbackComesAfterAnEarlierBroadcastOfAnotherThread() throws Exception {
    assertComesAfterAnEarlierBroadcast("", (connection, _) -> connection.close());
  }

  @Test
  void shutdownOutputInACallbackComesAfterAnEarlierBroadcastOfAnotherThread() throws Exception {
    assertComesAfterAnEarlierBroadcast("", (connection, _) -> connection.shutdownOutput());
  }

  @Test
  void broadcastOfOnCloseReachesTheOthersOnAllLoops() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onClose(Connection connection, CloseReason reason) throws Exception {
            connection.server().broadcast(bytes("left"));
            super.onClose(connection, reason);
          }
        };
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, 2 * LOOPS);
    for (Client leaving : List.copyOf(clients)) {
      clients.remove(leaving);
      leaving.socket().close();
      for (Client client : clients) {
        assertThat(receive(client.socket(), 4)).isEqualTo("left");
      }
    }
  }
}
