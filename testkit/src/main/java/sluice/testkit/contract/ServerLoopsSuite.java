package sluice.testkit.contract;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// What the suites about servers of several loops share: clients of which it is known on which loop
/// each lives.
public abstract class ServerLoopsSuite extends ServerSuite {
  /// Both ends of a client.
  record Client(Socket socket, Connection connection) {}

  final Server serve(ConnectionHandler handler, int loops) throws IOException {
    return track(builder(handler, loops).start());
  }

  final Server.Builder builder(ConnectionHandler handler, int loops) {
    return Server.builder().backend(backend()).listen(loopback()).handler(handler).loops(loops);
  }

  final Client join(Server server, Echo handler) throws Exception {
    Socket socket = connect(server);
    return new Client(socket, handler.next());
  }

  /// Connects clients one after the other: those of a new server are on its loops by turns, the
  /// first on the first.
  final List<Client> join(Server server, Echo handler, int count) throws Exception {
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      clients.add(join(server, handler));
    }
    return clients;
  }

  /// Holds up the loops of all these clients, of which no two are on one.
  static AutoCloseable block(List<Client> clients) throws Exception {
    List<Blocked> blocked = new ArrayList<>();
    for (Client client : clients) {
      blocked.add(new Blocked(client.connection));
    }
    return () -> blocked.forEach(Blocked::close);
  }

  static void awaitEnd(CompletionStage<Void> stage) throws Exception {
    stage.toCompletableFuture().get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  static long loopThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("sluice-loop-"))
        .count();
  }
}
