package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Server;

/// In which order a handler is called, whatever it and its clients do meanwhile.
public abstract class ServerCallbacksContract extends ServerSuite {
  private static final int OVER_HIGH_BYTES = 100 * KIB;
  private static final int CROWD = 20;
  private static final int QUESTIONS = 20;
  private static final int ROUNDS = 200;

  /// The callbacks.
  private enum Where {
    OPEN,
    DATA,
    WRITABLE,
    INPUT_CLOSED,
    CLOSE
  }

  /// What is done in one of them.
  private enum Ending {
    CLOSE(CloseReason.OK),
    ABORT(CloseReason.KICKED),
    ABORT_THEN_CLOSE(CloseReason.KICKED),
    CLOSE_THEN_ABORT(CloseReason.KICKED),
    CLOSE_THEN_THROW(CloseReason.HANDLER_ERROR),
    THROW(CloseReason.HANDLER_ERROR);

    final CloseReason expected;

    Ending(CloseReason expected) {
      this.expected = expected;
    }

    void end(Connection connection) {
      if (this == ABORT || this == ABORT_THEN_CLOSE) {
        connection.abort();
      }
      if (this != ABORT && this != THROW) {
        connection.close();
      }
      if (this == CLOSE_THEN_ABORT) {
        connection.abort();
      }
      if (this == CLOSE_THEN_THROW || this == THROW) {
        throw new IllegalStateException("planted");
      }
    }
  }

  /// Ends the connection in one callback, and notes all of them.
  private static final class EndsIn extends Echo {
    final BlockingQueue<Where> calls = new LinkedBlockingQueue<>();
    private final Where where;
    private final Ending ending;

    EndsIn(Where where, Ending ending) {
      this.where = where;
      this.ending = ending;
    }

    private void called(Where here, Connection connection) {
      calls.add(here);
      if (here == where) {
        ending.end(connection);
      }
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      called(Where.OPEN, connection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      connection.write(zeros(OVER_HIGH_BYTES));
      called(Where.DATA, connection);
    }

    @Override
    public void onWritable(Connection connection) throws Exception {
      called(Where.WRITABLE, connection);
    }

    @Override
    public void onInputClosed(Connection connection) throws Exception {
      called(Where.INPUT_CLOSED, connection);
      if (where == Where.CLOSE) {
        connection.close();
      }
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      super.onClose(connection, reason);
      called(Where.CLOSE, connection);
    }
  }

  @Test
  void endingInAnyCallbackIsTheLastOfThemAndToldOnce() throws Exception {
    for (Where where : Where.values()) {
      for (Ending ending : Ending.values()) {
        try (LogCapture log = new LogCapture()) {
          EndsIn handler = new EndsIn(where, ending);
          Server server = serve(handler);
          try (Socket client = new Socket()) {
            client.connect(address(server));
            send(client, "x");
            client.shutdownOutput();
            client.getInputStream().readAllBytes();
          } catch (IOException _) {
            assertThat(ending).as("is in order").isNotEqualTo(Ending.CLOSE);
          }
          CloseReason reason = handler.reason();
          assertThat(reason)
              .as("%s in %s", ending, where)
              .isEqualTo(where == Where.CLOSE ? CloseReason.OK : ending.expected);
          server.stop(Duration.ZERO);
          server.join();
          List<Where> calls = List.copyOf(handler.calls);
          assertThat(calls).as("%s in %s", ending, where).doesNotHaveDuplicates();
          assertThat(calls).startsWith(Where.OPEN).endsWith(Where.CLOSE).contains(where);
          if (where != Where.CLOSE) {
            assertThat(calls.indexOf(where)).isEqualTo(calls.size() - 2);
          }
          boolean thrown = ending == Ending.THROW || ending == Ending.CLOSE_THEN_THROW;
          assertThat(log.thrown()).hasSize(thrown ? 1 : 0);
        }
      }
    }
  }

  @Test
  void exceptionAfterAnAbortIsLoggedAndTheAbortStays() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.abort();
            throw new IllegalStateException("planted");
          }
        };
    try (LogCapture log = new LogCapture()) {
      Socket client = connect(serve(handler));
      send(client, "x");
      assertReset(client);
      assertThat(handler.reason()).isEqualTo(CloseReason.KICKED);
      assertThat(log.thrown()).hasSize(1);
    }
  }

  /// Does in every callback all that could lead to another one, and checks that none is inside
  /// another.
  private static final class Meddler extends Echo {
    final List<String> nested = new ArrayList<>();
    private final List<Connection> all = new ArrayList<>();
    private String inside = "";
    private int turn;

    private void meddle(String name, Connection self) {
      enter(name);
      if (!all.isEmpty()) {
        Connection other = all.get(turn++ % all.size());
        other.pauseReading();
        self.write(zeros(turn % 3 == 0 ? 70 * KIB : 1));
        other.write(zeros(turn % 5 == 0 ? 70 * KIB : 1));
        other.resumeReading();
        if (turn % 16 == 0) {
          other.abort();
        }
      }
      self.server().broadcast(bytes("!"));
      self.execute(() -> {
        enter("task");
        inside = "";
      });
      inside = "";
    }

    private void enter(String name) {
      if (!inside.isEmpty()) {
        nested.add(name + " inside " + inside);
      }
      inside = name;
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      super.onOpen(connection);
      all.add(connection);
      meddle("onOpen", connection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      meddle("onData", connection);
    }

    @Override
    public void onWritable(Connection connection) {
      meddle("onWritable", connection);
    }

    @Override
    public void onInputClosed(Connection connection) {
      connection.close();
      meddle("onInputClosed", connection);
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      super.onClose(connection, reason);
      all.remove(connection);
      meddle("onClose", connection);
    }
  }

  @Test
  void noCallbackRunsInsideAnother() throws Exception {
    Meddler handler = new Meddler();
    Server server = serve(handler);
    List<Background<Integer>> crowd = new ArrayList<>();
    for (int i = 0; i < CROWD; i++) {
      crowd.add(
          Background.start(() -> {
            int sent = 0;
            try (Socket client = new Socket()) {
              client.connect(address(server));
              for (; sent < QUESTIONS; sent++) {
                send(client, "x");
                client.getInputStream().readNBytes(1);
              }
              client.shutdownOutput();
              client.getInputStream().readAllBytes();
            } catch (SocketException _) {
              // aborted by another one's callback
            }
            return sent;
          }));
    }
    for (Background<Integer> client : crowd) {
      client.join();
    }
    server.stop(Duration.ZERO);
    server.join();
    assertThat(handler.nested).isEmpty();
    assertThat(handler.opened).hasSizeGreaterThan(1);
    assertThat(handler.closed).hasSameSizeAs(handler.opened);
  }

  @Test
  void dataThatCameBeforeTheAcceptIsDeliveredAfterOnOpen() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            events.add("open");
            super.onOpen(connection);
          }

          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            events.add("data");
            super.onData(connection, data);
          }

          @Override
          public void onInputClosed(Connection connection) throws Exception {
            events.add("end");
            super.onInputClosed(connection);
          }
        };
    Server server = serve(handler);
    connect(server);
    Connection first = handler.next();
    events.clear();
    Socket client;
    try (Blocked _ = new Blocked(first)) {
      client = connect(server);
      send(client, "early");
      client.shutdownOutput();
    }
    assertThat(receiveRest(client)).isEqualTo("early");
    assertThat(events).containsExactly("open", "data", "end");
  }

  @Test
  void endsOfBothSidesThatCrossAreOneCloseAndLoseNothing() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            connection.write(bytes("answer"));
            super.onOpen(connection);
          }
        };
    Server server = serve(handler);
    for (int i = 0; i < ROUNDS; i++) {
      Socket client = connect(server);
      Connection connection = handler.next();
      Background<Boolean> ending =
          Background.start(() -> {
            connection.close();
            return true;
          });
      client.shutdownOutput();
      assertThat(receiveRest(client)).isEqualTo("answer");
      ending.join();
      client.close();
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    }
    assertThat(handler.closed).isEmpty();
  }

  @Test
  void clientsThatAreConnectedAtTheEndAreEachToldThoughTheirCallbacksThrow() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onClose(Connection connection, CloseReason reason) throws Exception {
            super.onClose(connection, reason);
            throw new IllegalStateException("planted");
          }
        };
    Server server = serve(handler);
    for (int i = 0; i < CROWD; i++) {
      connect(server);
      handler.next();
    }
    try (LogCapture log = new LogCapture()) {
      var _ = server.stop(Duration.ZERO);
      server.join();
      assertThat(log.thrown()).as("told in full, once for the place").hasSize(1);
      assertThat(log.lines("handler.failed")).hasSizeGreaterThan(1);
    }
    assertThat(handler.closed).hasSize(CROWD);
  }
}
