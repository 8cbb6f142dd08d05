package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Server;

/// What a handler may do without harm to anyone but its own connection, and what works even though
/// the loop is overloaded with tasks.
public abstract class ServerHandlerContract extends ServerSuite {
  private static final int CROWD = 5_000;

  /// What handlers throw.
  private enum Thrown {
    CHECKED,
    UNCHECKED,
    ASSERTION,
    STACK_OVERFLOW,

    /// Cannot even be printed.
    NASTY;

    void raise() throws Exception {
      switch (this) {
        case CHECKED -> throw new IOException("planted");
        case UNCHECKED -> throw new IllegalStateException("planted");
        case ASSERTION -> throw new AssertionError("planted");
        case STACK_OVERFLOW -> recurse();
        case NASTY ->
            throw new IllegalStateException() {
              private static final long serialVersionUID = 1;

              @Override
              public String getMessage() {
                throw new AssertionError("planted");
              }
            };
      }
    }

    @SuppressWarnings("InfiniteRecursion") // that is what it is for
    private static void recurse() {
      recurse();
    }
  }

  /// Where they throw it.
  private enum Where {
    OPEN,
    DATA,
    WRITABLE,
    INPUT_CLOSED,
    CLOSE
  }

  /// Fails in one callback of the client that sends an X, or in onOpen of the first one.
  private static final class Failing extends Echo {
    private final Where where;
    private final Thrown thrown;
    private final AtomicReference<@Nullable Connection> victim = new AtomicReference<>();

    Failing(Where where, Thrown thrown) {
      this.where = where;
      this.thrown = thrown;
    }

    private void failIf(Where here, Connection connection) throws Exception {
      if (here == where && connection.equals(victim.get())) {
        thrown.raise();
      }
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      super.onOpen(connection);
      victim.compareAndSet(null, connection);
      failIf(Where.OPEN, connection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      failIf(Where.DATA, connection);
      if (connection.equals(victim.get()) && where == Where.WRITABLE) {
        connection.write(zeros(100 * KIB));
      } else {
        connection.write(data);
      }
    }

    @Override
    public void onWritable(Connection connection) throws Exception {
      failIf(Where.WRITABLE, connection);
    }

    @Override
    public void onInputClosed(Connection connection) throws Exception {
      failIf(Where.INPUT_CLOSED, connection);
      connection.close();
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      super.onClose(connection, reason);
      failIf(Where.CLOSE, connection);
    }
  }

  @Test
  void failureInOnOpenHurtsItsOwnConnectionOnly() throws Exception {
    assertHurtsItselfOnly(Where.OPEN, _ -> {}, CloseReason.HANDLER_ERROR);
  }

  @Test
  void failureInOnDataHurtsItsOwnConnectionOnly() throws Exception {
    assertHurtsItselfOnly(Where.DATA, client -> send(client, "x"), CloseReason.HANDLER_ERROR);
  }

  @Test
  void failureInOnWritableHurtsItsOwnConnectionOnly() throws Exception {
    assertHurtsItselfOnly(Where.WRITABLE, client -> send(client, "x"), CloseReason.HANDLER_ERROR);
  }

  @Test
  void failureInOnInputClosedHurtsItsOwnConnectionOnly() throws Exception {
    assertHurtsItselfOnly(Where.INPUT_CLOSED, Socket::shutdownOutput, CloseReason.HANDLER_ERROR);
  }

  @Test
  void failureInOnCloseHurtsNobody() throws Exception {
    assertHurtsItselfOnly(Where.CLOSE, Socket::close, CloseReason.OK);
  }

  /// What the victim does to make its handler fail.
  @FunctionalInterface
  private interface Provocation {
    void by(Socket client) throws IOException;
  }

  private void assertHurtsItselfOnly(Where where, Provocation provocation, CloseReason expected)
      throws Exception {
    for (Thrown thrown : Thrown.values()) {
      try (LogCapture log = new LogCapture()) {
        Failing handler = new Failing(where, thrown);
        Server server = serve(handler);
        Socket victim = where == Where.OPEN ? connectInVain(server) : connect(server);
        handler.next();
        Socket other = connect(server);
        handler.next();
        assertServed(other, "before");
        provocation.by(victim);
        assertThat(handler.reason()).as("%s in %s", thrown, where).isEqualTo(expected);
        if (expected == CloseReason.HANDLER_ERROR && where != Where.OPEN) {
          assertReset(victim);
        }
        assertServed(other, "after");
        assertServed(connect(server), "next");
        assertThat(handler.closed).isEmpty();
        assertThat(log.thrown()).hasSize(1);
      }
    }
  }

  /// Connects a client that may be reset before it knows that it is connected.
  private Socket connectInVain(Server server) throws IOException {
    Socket client = track(new Socket());
    try {
      client.connect(address(server));
    } catch (SocketException _) {
      // reset already
    }
    return client;
  }

  @Test
  void failureInATaskHurtsNobody() throws Exception {
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    try (LogCapture log = new LogCapture()) {
      connection.execute(() -> {
        throw new AssertionError("planted");
      });
      Wait.until("it was logged", () -> log.thrown().size() == 1);
      assertServed(client, "after");
    }
  }

  @Test
  void interruptLeftByAHandlerHurtsNobody() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(data);
            Thread.currentThread().interrupt();
          }
        };
    Server server = serve(handler);
    Socket client = connect(server);
    for (int i = 0; i < 10; i++) {
      assertServed(client, "again");
      assertServed(connect(server), "new");
    }
  }

  @Test
  void writeWorksThoughTheTaskQueueIsFull() throws Exception {
    assertWorksWhenFull((_, connection) -> connection.write(bytes("late")), "late", false);
  }

  @Test
  void broadcastWorksThoughTheTaskQueueIsFull() throws Exception {
    assertWorksWhenFull((server, _) -> server.broadcast(bytes("late")), "late", false);
  }

  @Test
  void closeWorksThoughTheTaskQueueIsFull() throws Exception {
    assertWorksWhenFull(
        (_, connection) -> {
          connection.write(bytes("bye"));
          connection.close();
        },
        "bye",
        true);
  }

  @Test
  void stopWorksThoughTheTaskQueueIsFull() throws Exception {
    assertWorksWhenFull((server, _) -> server.stop(LONG), "", true);
  }

  @Test
  void pauseAndResumeWorkThoughTheTaskQueueIsFull() throws Exception {
    assertWorksWhenFull(
        (_, connection) -> {
          connection.pauseReading();
          connection.resumeReading();
          connection.write(bytes("on"));
        },
        "on",
        false);
  }

  @Test
  void abortWorksThoughTheTaskQueueIsFull() throws Exception {
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    try (Blocked loop = new Blocked(connection)) {
      loop.fill(connection);
      connection.abort();
    }
    assertReset(client);
    assertThat(handler.reason()).isEqualTo(CloseReason.KICKED);
  }

  /// What is done while the queue is full.
  @FunctionalInterface
  private interface Call {
    void make(Server server, Connection connection);
  }

  private void assertWorksWhenFull(Call call, String answer, boolean ends) throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler);
    Socket client = connect(server);
    Connection connection = handler.next();
    try (Blocked loop = new Blocked(connection)) {
      loop.fill(connection);
      call.make(server, connection);
    }
    assertThat(receive(client, answer.length())).isEqualTo(answer);
    if (ends) {
      assertEnds(client);
    } else {
      assertServed(client, "goes on");
    }
  }

  @Test
  void thousandsOfAbortsInOneCallbackDoNotOverflowTheStack() throws Exception {
    List<Connection> crowd = new ArrayList<>();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            crowd.forEach(Connection::abort);
          }
        };
    fillCrowd(handler, crowd);
  }

  @Test
  void thousandsOfAbortsEachInTheOnCloseOfAnotherDoNotOverflowTheStack() throws Exception {
    List<Connection> crowd = new ArrayList<>();
    Echo handler =
        new Echo() {
          private int next;

          @Override
          public void onData(Connection connection, ByteBuffer data) {
            crowd.get(next++).abort();
          }

          @Override
          public void onClose(Connection connection, CloseReason reason) throws Exception {
            super.onClose(connection, reason);
            if (next < CROWD) {
              crowd.get(next++).abort();
            }
          }
        };
    fillCrowd(handler, crowd);
  }

  /// Opens a crowd of connections that do not read, lets the handler abort it, and checks that
  /// everyone was told.
  private void fillCrowd(Echo handler, List<Connection> crowd) throws Exception {
    Server server = serve(handler);
    for (int i = 0; i < CROWD; i++) {
      connect(server);
      Connection connection = handler.next();
      connection.pauseReading(); // nothing is in progress: each could end inside the call
      crowd.add(connection);
    }
    Socket trigger = connect(server);
    Connection last = handler.next();
    CountDownLatch paused = new CountDownLatch(1);
    last.execute(paused::countDown);
    await(paused);
    try (LogCapture log = new LogCapture()) {
      send(trigger, "x");
      for (int i = 0; i < CROWD; i++) {
        assertThat(handler.reason()).isEqualTo(CloseReason.KICKED);
      }
      assertThat(last.isOpen()).isTrue();
      assertThat(handler.closed).isEmpty();
      assertThat(log.thrown()).isEmpty();
    }
  }
}
