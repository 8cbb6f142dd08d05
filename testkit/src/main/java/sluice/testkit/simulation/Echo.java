package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;

/// Sends back what it gets, in one of the ways a handler can. Which one, the seed decides.
final class Echo implements ConnectionHandler {
  private static final int HELD_BYTES_MAX = 8_192;
  private static final int LATER_NANOS_MAX = 5_000_000;

  private enum Way {
    /// Writes the very buffer that was lent.
    LENT,

    /// Writes another buffer.
    COPY,

    /// Writes the lent buffer in two parts.
    HALVES,

    /// Writes in a task of the loop.
    TASK,

    /// Pauses reading now and then; something outside the loop resumes it.
    PAUSE,

    /// Lets something outside the loop write, which heeds what write returns.
    ELSEWHERE
  }

  private static final Way[] WAYS = Way.values();

  /// Acts for one connection from outside the loop.
  private final class Helper extends Schedule.Actor {
    final Connection connection;
    final ArrayDeque<ByteBuffer> held = new ArrayDeque<>();
    int heldBytes;
    boolean paused;
    boolean full;
    boolean inputClosed;
    private boolean acting;
    private boolean again;

    Helper(Connection connection, SplitMix random) {
      super(random);
      this.connection = connection;
    }

    void soon() {
      network.schedule.atLatest(
          this, network.schedule.now() + random.logarithmic(1_000, LATER_NANOS_MAX));
    }

    @Override
    void act() {
      if (acting) {
        again = true; // a thread does one thing at a time
        return;
      }
      acting = true;
      try {
        help();
      } catch (RejectedExecutionException _) {
        // the loop has ended, and with it the connection
      } finally {
        acting = false;
      }
      if (again) {
        again = false;
        soon();
      }
    }

    private void help() {
      while (!held.isEmpty() && !full) {
        ByteBuffer next = held.removeFirst();
        heldBytes -= next.remaining();
        full = !connection.write(next);
        if (random.onceIn(3)) {
          break;
        }
      }
      if (!connection.isOpen()) {
        held.clear();
      } else if (!held.isEmpty()) {
        if (!full) {
          soon();
        }
      } else if (inputClosed) {
        connection.close();
      } else if (paused) {
        paused = false;
        connection.resumeReading();
      }
    }
  }

  private final SimNetwork network;
  private final SplitMix random;
  private final Way way;

  /// Does not close a connection whose input has ended, so that a deadline has to.
  private final boolean forgets;

  private final Map<Connection, Helper> helpers = new HashMap<>();
  private long opened;
  private long closed;

  /// Makes one for a run.
  ///
  /// @param mayForget whether a deadline ends what it forgets to close
  Echo(SimNetwork network, boolean mayForget) {
    this.network = network;
    random = network.random.split(4);
    way = WAYS[random.below(WAYS.length)];
    forgets = mayForget && random.onceIn(4);
  }

  /// Tells whether a connection may wait for something outside the loop.
  boolean mayPause() {
    return way == Way.PAUSE || way == Way.ELSEWHERE;
  }

  /// Tells whether it sends back at once what it gets.
  boolean isPrompt() {
    return !mayPause() && way != Way.TASK;
  }

  /// Returns how many connections were opened and not closed.
  long open() {
    return opened - closed;
  }

  @Override
  public void onOpen(Connection connection) {
    helpers.put(connection, new Helper(connection, random.split(opened++)));
  }

  private Helper helper(Connection connection) {
    return Objects.requireNonNull(helpers.get(connection), "called before onOpen or after onClose");
  }

  @Override
  public void onData(Connection connection, ByteBuffer data) {
    Helper helper = helper(connection);
    switch (way) {
      case LENT -> connection.write(data);
      case COPY -> connection.write(data.duplicate());
      case HALVES -> {
        int end = data.limit();
        data.limit(data.position() + random.below(data.remaining() + 1));
        connection.write(data);
        data.limit(end);
        connection.write(data);
      }
      case TASK -> {
        ByteBuffer copy = copy(data);
        connection.execute(() -> connection.write(copy));
      }
      case PAUSE -> {
        connection.write(data);
        if (random.onceIn(4)) {
          connection.pauseReading();
          helper.paused = true;
          helper.soon();
        }
      }
      case ELSEWHERE -> {
        helper.heldBytes += data.remaining();
        helper.held.addLast(copy(data));
        if (helper.heldBytes > HELD_BYTES_MAX) {
          connection.pauseReading();
          helper.paused = true;
        }
        helper.soon();
      }
    }
  }

  private static ByteBuffer copy(ByteBuffer data) {
    return ByteBuffer.allocate(data.remaining()).put(data).flip();
  }

  @Override
  public void onWritable(Connection connection) {
    Helper helper = helper(connection);
    helper.full = false;
    if (way == Way.ELSEWHERE) {
      helper.soon();
    }
  }

  @Override
  public void onInputClosed(Connection connection) {
    Helper helper = helper(connection);
    if (forgets) {
      return;
    }
    switch (way) {
      case TASK -> connection.execute(connection::close);
      case ELSEWHERE -> {
        helper.inputClosed = true;
        helper.soon();
      }
      default -> connection.close();
    }
  }

  @Override
  public void onClose(Connection connection, CloseReason reason) {
    helper(connection);
    helpers.remove(connection);
    closed++;
  }
}
