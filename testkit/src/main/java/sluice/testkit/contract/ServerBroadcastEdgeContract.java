package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import sluice.server.Connection;
import sluice.server.Server;

/// What is broadcast just before a connection ends, and predicates that throw.
public abstract class ServerBroadcastEdgeContract extends ServerLoopsSuite {
  private static final int LOOPS = 3;

  /// Lets an outside thread broadcast, then do `last`, while the loops are held up.
  private void assertGetsBroadcastBefore(java.util.function.Consumer<Connection> last)
      throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, LOOPS);
    try (AutoCloseable _ = block(clients)) {
      server.broadcast(bytes("last"));
      clients.forEach(client -> last.accept(client.connection()));
    }
    for (Client client : clients) {
      assertThat(receiveRest(client.socket())).isEqualTo("last");
    }
  }

  @Test
  void closeAfterABroadcastComesAfterIt() throws Exception {
    assertGetsBroadcastBefore(Connection::close);
  }

  @Test
  void shutdownOutputAfterABroadcastComesAfterIt() throws Exception {
    assertGetsBroadcastBefore(Connection::shutdownOutput);
  }

  @Test
  void predicateThatThrowsInAHandlerTakesNoRoomFromOthers() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            if (data.get(0) == '!') {
              connection
                  .server()
                  .broadcast(
                      zeros(MIB / 4),
                      _ -> {
                        throw new AssertionError("planted");
                      });
            }
            super.onData(connection, data);
          }
        };
    Server server = serve(handler, LOOPS);
    Client other = join(server, handler);
    try (LogCapture _ = new LogCapture()) {
      for (int i = 0; i < 5; i++) {
        Client failing = join(server, handler);
        send(failing.socket(), "!");
        assertReset(failing.socket());
      }
    }
    // The loops may not have come yet to what was broadcast on others.
    Wait.until("there is room again", () -> tryBroadcast(server, "news"));
    assertThat(receive(other.socket(), 4)).isEqualTo("news");
  }

  private static boolean tryBroadcast(Server server, String text) {
    try {
      server.broadcast(bytes(text));
      return true;
    } catch (RejectedExecutionException _) {
      return false;
    }
  }

  @Test
  void predicateThatThrowsForOneClientKeepsTheBroadcastFromNoOther() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler, LOOPS);
    List<Client> clients = join(server, handler, 3 * LOOPS);
    Connection victim = clients.get(1).connection();
    try (LogCapture _ = new LogCapture()) {
      server.broadcast(
          bytes("news"),
          client -> {
            if (client.equals(victim)) {
              throw new AssertionError("planted");
            }
            return true;
          });
      server.broadcast(bytes("last"));
      for (Client client : clients) {
        String all = client.connection().equals(victim) ? "last" : "newslast";
        assertThat(receive(client.socket(), all.length())).isEqualTo(all);
      }
    }
  }
}
