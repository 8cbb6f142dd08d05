package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Server;

/// Whatever a handler throws, from whatever callback, in whatever state: another client notices
/// nothing, and nothing of the connection is left.
public abstract class ServerIsolationContract extends ServerSuite {
  /// Where it is thrown.
  private enum Callback {
    SUPPLIER,
    OPEN,
    DATA,
    BAD_FRAME,
    WRITABLE,
    INPUT_CLOSED,
    CLOSE,
    TASK,
    PREDICATE
  }

  /// What is thrown.
  private enum Thrown {
    CHECKED,
    RUNTIME,
    ASSERTION,
    LINKAGE,
    NO_MEMORY,
    DEEP,
    THROWABLE,
    UNPRINTABLE,
    WITH_INTERRUPT;

    Throwable make() {
      return switch (this) {
        case CHECKED -> new IOException("planned");
        case RUNTIME -> new IllegalStateException("planned");
        case ASSERTION -> new AssertionError("planned");
        case LINKAGE -> new NoClassDefFoundError("planned");
        case NO_MEMORY -> new OutOfMemoryError("planned");
        case DEEP -> overflow();
        case THROWABLE -> new Throwable("planned");
        case UNPRINTABLE -> new Unprintable();
        case WITH_INTERRUPT -> {
          Thread.currentThread().interrupt();
          yield new IllegalStateException("planned");
        }
      };
    }
  }

  /// What the handler has done just before.
  private enum State {
    FRESH,
    OUTPUT_WAITS,
    PAUSED,
    CLOSING,
    ABORTED
  }

  private static final class Unprintable extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  private static final int LINE_BYTES = 16;
  private static final int MUCH_BYTES = 4 * MIB;

  private static Throwable overflow() {
    try {
      return dive(1);
    } catch (StackOverflowError e) {
      return e;
    }
  }

  @SuppressWarnings("InfiniteRecursion") // that is the point
  private static Throwable dive(int depth) {
    return new Throwable(String.valueOf(dive(depth + 1)));
  }

  /// One cell of the table: a handler that throws where it says. Without a cell it echoes.
  private record Cell(Callback where, Thrown what, State state) {}

  private static final class Thrower implements ConnectionHandler {
    private final @Nullable Cell cell;
    final BlockingQueue<CloseReason> closed = new LinkedBlockingQueue<>();

    /// Null before it is opened.
    volatile @Nullable Connection connection;

    Thrower(@Nullable Cell cell) {
      this.cell = cell;
    }

    private void at(Callback here, Connection connection) throws Exception {
      if (cell == null || cell.where() != here) {
        return;
      }
      switch (cell.state()) {
        case FRESH -> {}
        case OUTPUT_WAITS -> connection.write(zeros(MUCH_BYTES));
        case PAUSED -> connection.pauseReading();
        case CLOSING -> connection.close();
        case ABORTED -> connection.abort();
      }
      sneak(cell.what().make());
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable t) throws T {
      throw (T) t;
    }

    @Override
    public void onOpen(Connection itsConnection) throws Exception {
      connection = itsConnection;
      if (cell != null && cell.where() == Callback.WRITABLE) {
        itsConnection.write(zeros(MUCH_BYTES));
      }
      at(Callback.OPEN, itsConnection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer line) throws Exception {
      at(Callback.DATA, connection);
      if (cell == null) {
        connection.write(line);
      } else if (cell.where() == Callback.TASK) {
        connection.execute(() -> {
          try {
            at(Callback.TASK, connection);
          } catch (Exception e) {
            Thrower.<RuntimeException>sneak(e);
          }
        });
      } else if (cell.where() == Callback.PREDICATE) {
        connection
            .server()
            .broadcast(
                line,
                other -> {
                  if (!other.equals(connection)) {
                    return false;
                  }
                  try {
                    at(Callback.PREDICATE, connection);
                  } catch (Exception e) {
                    Thrower.<RuntimeException>sneak(e);
                  }
                  return true;
                });
      }
    }

    @Override
    public void onBadFrame(Connection connection, String problem) throws Exception {
      at(Callback.BAD_FRAME, connection);
    }

    @Override
    public void onWritable(Connection connection) throws Exception {
      at(Callback.WRITABLE, connection);
    }

    @Override
    public void onInputClosed(Connection connection) throws Exception {
      at(Callback.INPUT_CLOSED, connection);
      connection.close();
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      closed.add(reason);
      at(Callback.CLOSE, connection);
    }
  }

  private @Nullable Cell next;
  private Thrower last = new Thrower(null);

  @Test
  void whateverAHandlerThrowsHurtsItsOwnConnectionOnly() throws Exception {
    List<Cell> isolated = new ArrayList<>();
    int cells = 0;
    try (LogCapture _ = new LogCapture()) {
      Server server =
          track(
              Server.builder()
                  .backend(backend())
                  .listen(loopback())
                  .handlerPerConnection(this::makeHandler)
                  .start());
      Socket good = connect(server);
      assertLineComesBack(good);
      for (Callback where : Callback.values()) {
        for (Thrown what : Thrown.values()) {
          for (State state : State.values()) {
            cells++;
            Cell cell = new Cell(where, what, state);
            try {
              run(cell, server, good);
              isolated.add(cell);
            } catch (AssertionError e) {
              throw new AssertionError("not isolated: " + cell, e);
            }
          }
        }
      }
      assertThat(server.counters().open()).isEqualTo(1);
    }
    System.out.printf("isolation: %d of %d cells isolated%n", isolated.size(), cells);
    assertThat(isolated).hasSize(cells);
  }

  /// Called on the loop, for one client after the other.
  private ConnectionHandler makeHandler() {
    Cell cell = next;
    last = new Thrower(cell);
    if (cell != null && cell.where() == Callback.SUPPLIER) {
      Thrower.<RuntimeException>sneak(cell.what().make());
    }
    return Frames.lines(LINE_BYTES, last);
  }

  private void run(Cell cell, Server server, Socket good) throws Exception {
    next = cell;
    long before = server.counters().accepted();
    try (Socket bad = new Socket()) {
      bad.setSoTimeout((int) LONG.toMillis());
      bad.connect(address(server));
      Wait.until("accepted", () -> server.counters().accepted() > before);
      try {
        provoke(cell, bad);
      } catch (IOException _) {
        // it was reset
      }
    }
    Connection left = last.connection;
    if (left != null) {
      left.abort(); // it may be paused, and so not see that its client is gone
    }
    Wait.until("gone: " + cell, () -> server.counters().open() == 1);
    if (cell.where() != Callback.SUPPLIER) {
      assertThat(await(last.closed)).isNotNull();
      assertThat(Objects.requireNonNull(last).closed).isEmpty(); // once
    }
    assertLineComesBack(good);
  }

  private static void provoke(Cell cell, Socket bad) throws IOException {
    switch (cell.where()) {
      case SUPPLIER, OPEN -> {}
      case DATA, TASK, PREDICATE -> send(bad, "line\n");
      case BAD_FRAME -> send(bad, "x".repeat(2 * LINE_BYTES));
      case WRITABLE -> {
        byte[] _ = bad.getInputStream().readNBytes(MUCH_BYTES);
      }
      case INPUT_CLOSED -> bad.shutdownOutput();
      case CLOSE -> {}
    }
    boolean ends =
        switch (cell.where()) {
          case TASK, PREDICATE, CLOSE -> false; // these do not close it
          default -> true;
        };
    if (ends) {
      byte[] _ = bad.getInputStream().readAllBytes();
    }
  }

  private static void assertLineComesBack(Socket good) throws IOException {
    send(good, "good\n");
    assertThat(receive(good, 4)).isEqualTo("good");
  }
}
