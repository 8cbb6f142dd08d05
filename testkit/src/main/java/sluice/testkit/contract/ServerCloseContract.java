package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

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

/// How a connection ends: what the client still gets, and what the handler is told, last and once.
public abstract class ServerCloseContract extends ServerSuite {
  private static final int ROUNDS = 200;
  private static final int ANSWER_BYTES = 256 * KIB;
  private static final int REQUEST_BYTES = 200 * KIB;

  /// Notes everything it is told.
  private static class Notes extends Echo {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();

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
    public void onWritable(Connection connection) throws Exception {
      events.add("writable");
    }

    @Override
    public void onInputClosed(Connection connection) throws Exception {
      events.add("input closed");
      connection.close();
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      events.add("close");
      assertThat(connection.isOpen()).isFalse();
      assertThat(connection.write(bytes("late"))).isFalse();
      connection.close();
      connection.abort();
      connection.pauseReading();
      connection.resumeReading();
      super.onClose(connection, reason);
    }
  }

  @FunctionalInterface
  private interface Ending {
    void of(Socket client, Connection connection, Server server) throws Exception;
  }

  /// Checks that onClose comes last, once, with `expected`.
  private void assertEnding(CloseReason expected, Notes handler, Ending ending) throws Exception {
    Server server = serve(handler);
    Socket client = connect(server);
    Connection connection = handler.next();
    assertServed(client, "first");
    ending.of(client, connection, server);
    assertThat(handler.reason()).isEqualTo(expected);
    connection.close();
    connection.abort();
    server.stop(Duration.ZERO);
    server.join(); // whatever the loop had to tell is told now
    List<String> events = new ArrayList<>(handler.events);
    assertThat(events).startsWith("open", "data").endsWith("close");
    assertThat(events).containsOnlyOnce("open", "close");
    assertThat(handler.closed).isEmpty();
    assertThat(connection.isOpen()).isFalse();
  }

  @Test
  void clientThatEndsItsInputClosesInOrder() throws Exception {
    assertEnding(
        CloseReason.OK,
        new Notes(),
        (client, _, _) -> {
          client.shutdownOutput();
          assertEnds(client);
        });
  }

  @Test
  void clientThatClosesClosesInOrder() throws Exception {
    assertEnding(CloseReason.OK, new Notes(), (client, _, _) -> client.close());
  }

  @Test
  void clientThatResetsIsToldAsPeerReset() throws Exception {
    assertEnding(CloseReason.PEER_RESET, new Notes(), (client, _, _) -> reset(client));
  }

  @Test
  void closeOfTheHandlerIsOk() throws Exception {
    assertEnding(
        CloseReason.OK,
        new Notes(),
        (client, connection, _) -> {
          connection.close();
          connection.close();
          assertEnds(client);
          client.close();
        });
  }

  @Test
  void abortOfTheHandlerIsKickedAndAReset() throws Exception {
    assertEnding(
        CloseReason.KICKED,
        new Notes(),
        (client, connection, _) -> {
          connection.abort();
          connection.abort();
          assertReset(client);
        });
  }

  @Test
  void abortDropsWhatWasWritten() throws Exception {
    Notes handler = new Notes();
    assertEnding(
        CloseReason.KICKED,
        handler,
        (client, connection, _) -> {
          connection.write(zeros(64 * MIB)); // more than the system takes
          connection.close();
          connection.abort();
          // Who reads meanwhile may be fast enough to get everything.
          Wait.until("it has ended", () -> handler.events.contains("close"));
          assertReset(client);
        });
  }

  @Test
  void stopOfTheServerIsDrain() throws Exception {
    assertEnding(
        CloseReason.DRAIN,
        new Notes(),
        (client, _, server) -> {
          server.stop(LONG);
          assertEnds(client);
          client.close();
        });
  }

  @Test
  void tooMuchOutputIsOutHard() throws Exception {
    assertEnding(
        CloseReason.OUT_HARD,
        new Notes(),
        (client, connection, _) ->
            connection.execute(() -> {
              connection.write(zeros(ANSWER_BYTES));
              connection.write(zeros(1));
            }));
  }

  @Test
  void failureOfTheHandlerIsHandlerError() throws Exception {
    try (LogCapture _ = new LogCapture()) {
      Notes handler =
          new Notes() {
            @Override
            public void onInputClosed(Connection connection) {
              connection.close(); // the failure is what counts
              throw new IllegalStateException("planted");
            }
          };
      assertEnding(CloseReason.HANDLER_ERROR, handler, (client, _, _) -> client.shutdownOutput());
    }
  }

  @Test
  void halfClosedClientGetsAllItsAnswersThenTheEnd() throws Exception {
    byte[] request = randomBytes(1, 4 * MIB);
    assertEnding(
        CloseReason.OK,
        new Notes(),
        (client, _, _) -> {
          Background<Integer> sender =
              Background.start(() -> {
                client.getOutputStream().write(request);
                client.shutdownOutput();
                return request.length;
              });
          assertThat(receiveBytes(client, request.length)).isEqualTo(request);
          assertEnds(client);
          sender.join();
        });
  }

  @Test
  void handlerMayGoOnWritingAfterTheEndOfInput() throws Exception {
    BlockingQueue<Connection> ended = new LinkedBlockingQueue<>();
    Notes handler =
        new Notes() {
          @Override
          public void onInputClosed(Connection connection) {
            ended.add(connection);
          }
        };
    assertEnding(
        CloseReason.OK,
        handler,
        (client, _, _) -> {
          client.shutdownOutput();
          Connection connection = await(ended);
          for (int i = 0; i < 10; i++) {
            assertThat(connection.write(bytes("more "))).isTrue();
            assertThat(receive(client, 5)).isEqualTo("more ");
          }
          assertThat(connection.isOpen()).isTrue();
          connection.close();
          assertEnds(client);
          assertThat(ended).isEmpty();
        });
  }

  @Test
  void closeWithUnreadInputStillDeliversTheLastAnswer() throws Exception {
    // The client's receive buffer is much smaller than the answer, so most of that is still the
    // server's when it closes; a reset, which is what a plain close would send, destroys it.
    byte[] answer = randomBytes(1, ANSWER_BYTES);
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(ByteBuffer.wrap(answer));
            connection.close();
          }
        };
    Server server = serve(handler);
    byte[] request = new byte[REQUEST_BYTES];
    for (int i = 0; i < ROUNDS; i++) {
      Socket client = connect(server, 32 * KIB);
      client.getOutputStream().write(request);
      assertThat(receiveBytes(client, ANSWER_BYTES)).as("round %d", i).isEqualTo(answer);
      assertEnds(client);
      client.close();
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    }
  }

  @Test
  void clientThatGoesOnSendingAfterTheEndIsDroppedAtLast() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(bytes("bye"));
            connection.close();
          }
        };
    Socket client = connect(serve(handler));
    send(client, "x");
    assertThat(receiveRest(client)).isEqualTo("bye");
    Background<Long> sender =
        Background.start(() -> {
          byte[] block = new byte[64 * KIB];
          while (true) {
            client.getOutputStream().write(block);
          }
        });
    assertThat(sender.failure()).isInstanceOf(SocketException.class);
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }
}
