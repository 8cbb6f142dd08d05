package sluice.server;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.spi.Chunk;

/// What has arrived for a connection and its handler was not given yet, and why not. Confined to
/// the loop.
///
/// While the handler has paused, or the output is above its watermark, nothing is received; what
/// arrives all the same, because the cancel came too late, is held and delivered first afterwards.
final class Input {
  private final ServerConnection connection;

  /// What arrived while reading was paused, or what the handler has left for later.
  private @Nullable OutputQueue held;

  private boolean heldQueued;
  private @Nullable ByteBuffer lent;
  private boolean keepsRest;
  private boolean paused;

  /// Broadcasts of the handler that another loop has too many of.
  private int awaitedBroadcasts;

  private boolean ended;
  private boolean endTold;

  Input(ServerConnection connection) {
    this.connection = connection;
  }

  private Output output() {
    return connection.output();
  }

  void pause() {
    paused = true;
  }

  void resume() {
    paused = false;
  }

  void awaitBroadcast() {
    awaitedBroadcasts++;
  }

  void broadcastDone() {
    awaitedBroadcasts--;
  }

  /// Tells whether the handler is given nothing.
  boolean isPaused() {
    return paused || awaitedBroadcasts > 0 || output().holdsInput();
  }

  /// Tells whether a handler that has more to deliver should go on doing so.
  boolean wantsMore() {
    return !paused && awaitedBroadcasts == 0 && output().allowsInput();
  }

  /// Tells whether the callback in progress was lent this very buffer.
  @SuppressWarnings("ReferenceEquality") // an equal one is not this one
  boolean isLent(ByteBuffer data) {
    return data == lent;
  }

  /// Asks for what is left of the data to be delivered again, when [#wantsMore] holds.
  void keepRest() {
    keepsRest = true;
  }

  /// Asks for the end to be told again, when [#wantsMore] holds.
  void keepEnd() {
    endTold = false;
  }

  /// Bytes arrived in a chunk that may be written back as it is.
  void arrived(Chunk chunk) {
    if (isPaused() || held != null) {
      hold(chunk.buffer());
      return;
    }
    int from = chunk.buffer().position();
    int to = chunk.buffer().limit();
    Lent shared = connection.worker().lent();
    shared.lend(chunk);
    ByteBuffer data = chunk.view();
    deliver(data);
    if (keepsRest) {
      hold(data);
    }
    Output other = shared.writerBeside(output());
    if (other != null) {
      connection.worker().step(other.connection());
    }
    connection.step();
    shared.takeBack();
    assert chunk.isRetained() || Wire.poison(chunk.buffer(), from, to);
  }

  /// Bytes came through the layers.
  void arrived(ByteBuffer data) {
    // Many pieces may come before anything is sent.
    if (isPaused() || held != null || !output().allowsInput()) {
      hold(data);
      return;
    }
    deliver(data);
    if (keepsRest) {
      hold(data);
    }
    data.position(data.limit());
  }

  /// Hands `data` to the handler. If it keeps the rest, `keepsRest` says so.
  private void deliver(ByteBuffer data) {
    keepsRest = false;
    lent = data;
    connection.gate().tellData(data);
    lent = null;
    keepsRest &= connection.delivers() && data.hasRemaining();
  }

  private void hold(ByteBuffer data) {
    OutputQueue queue = held;
    if (queue == null) {
      queue = held = connection.worker().takeQueue();
    }
    queue.append(data);
  }

  /// Delivers some of what was held; the rest, if any, on another turn.
  private void deliverHeld() {
    heldQueued = false;
    OutputQueue queue = held;
    if (queue == null || !connection.delivers() || isPaused()) {
      return;
    }
    if (!queue.isEmpty()) {
      Chunk chunk = queue.head();
      int from = chunk.buffer().position();
      ByteBuffer data = chunk.view();
      int count = data.remaining();
      deliver(data);
      int done = keepsRest ? count - data.remaining() : count;
      assert Wire.poison(chunk.buffer(), from, from + done);
      if (held == null) {
        return; // closed meanwhile, and freed
      }
      queue.advance(done);
    }
    if (queue.isEmpty()) {
      free();
    }
    connection.step();
  }

  void end() {
    ended = true;
  }

  boolean hasEnded() {
    return ended;
  }

  /// Tells whether the handler knows that it has ended.
  boolean endWasTold() {
    return endTold;
  }

  /// Goes on with what is held. Tells whether more is to be received.
  boolean advance() {
    boolean stopped = isPaused();
    boolean handshake = output().awaitsInput() && !output().holdsInput() && !ended;
    if (handshake && heldBytes() < Bounds.HELD_BYTES_MAX) {
      return true; // whatever the handler wants
    }
    if (held != null && !stopped && !heldQueued) {
      heldQueued = true;
      connection.chore(this::deliverHeld);
    }
    if (stopped || held != null) {
      return false;
    }
    if (ended && !endTold && connection.worker().isInCallback()) {
      connection.stepLater(); // never inside the callback of another connection
    } else if (ended && !endTold) {
      endTold = true;
      connection.gate().tellInputClosed();
    }
    return !ended;
  }

  /// Returns how much memory it holds.
  long heldBytes() {
    OutputQueue queue = held;
    return queue == null ? 0 : queue.heldBytes();
  }

  void free() {
    OutputQueue queue = held;
    if (queue != null) {
      held = null;
      connection.worker().giveBack(queue);
    }
  }
}
