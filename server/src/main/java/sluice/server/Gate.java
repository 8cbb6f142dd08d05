package sluice.server;

import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The one way into the code of a connection's handler. Whatever it throws hurts this connection
/// only. Confined to the loop.
final class Gate {
  private enum Callback {
    OPEN,
    DATA,
    WRITABLE,
    INPUT_CLOSED
  }

  private final ServerConnection connection;
  private final ConnectionHandler handler;
  private boolean inside;

  /// The client has not sent its first frame, which it should.
  private boolean awaitsFrame;

  /// Where a frame is unfinished, if one is.
  private @Nullable FrameDecoder unfinished;

  /// What wrapping handlers keep with this connection, by wrapper.
  private @Nullable IdentityHashMap<Object, Object> states;

  /// How many wrapping handlers are cutting frames right now, one inside the other.
  private byte framings;

  Gate(ServerConnection connection, ConnectionHandler handler) {
    this.connection = connection;
    this.handler = handler;
    this.awaitsFrame =
        handler instanceof Framed
            && connection.isClient()
            && connection.worker().deadlines().awaitFirstFrame();
  }

  /// Tells whether the handler is running.
  boolean isInside() {
    return inside;
  }

  void tellOpen() {
    call(Callback.OPEN, null);
    connection.step();
  }

  void tellData(ByteBuffer data) {
    call(Callback.DATA, data);
  }

  void tellWritable() {
    call(Callback.WRITABLE, null);
    connection.step();
  }

  void tellInputClosed() {
    call(Callback.INPUT_CLOSED, null);
    connection.step();
  }

  private void call(Callback which, @Nullable ByteBuffer data) {
    Worker worker = connection.worker();
    ServerConnection outer = worker.enter(connection);
    inside = true;
    try {
      switch (which) {
        case OPEN -> handler.onOpen(connection);
        case DATA -> handler.onData(connection, Objects.requireNonNull(data));
        case WRITABLE -> handler.onWritable(connection);
        case INPUT_CLOSED -> handler.onInputClosed(connection);
      }
    } catch (Throwable t) {
      failed(t);
      connection.close(CloseReason.HANDLER_ERROR, true);
    } finally {
      inside = false;
      worker.leave(outer);
    }
  }

  void tellClosed(CloseReason why) {
    Worker worker = connection.worker();
    ServerConnection outer = worker.enter(connection);
    try {
      handler.onClose(connection, why);
    } catch (Throwable t) {
      failed(t);
    } finally {
      worker.leave(outer);
    }
  }

  private void failed(Throwable t) {
    connection.worker().server().logFailure(connection, t);
  }

  /// Returns what `key` keeps with this connection, made by `create` when it is first asked for.
  <T> T state(Object key, Function<Limits, T> create) {
    IdentityHashMap<Object, Object> all = states;
    if (all == null) {
      states = all = new IdentityHashMap<>(2);
    }
    @SuppressWarnings("unchecked") // each key has one type
    T present = (T) all.get(key);
    if (present == null) {
      present = create.apply(connection.worker().limits());
      all.put(key, present);
    }
    return present;
  }

  /// A wrapping handler begins to cut frames. Tells whether no other one is doing so, further out.
  boolean enterFrames() {
    return framings++ == 0;
  }

  void leaveFrames() {
    framings--;
  }

  boolean awaitsFrame() {
    return awaitsFrame;
  }

  @Nullable FrameDecoder unfinished() {
    return unfinished;
  }

  /// A frame began that is not complete.
  void frameBegan(FrameDecoder where, int now) {
    unfinished = where;
    where.begin(now);
  }

  /// A frame is complete.
  void frameEnded() {
    unfinished = null;
    if (awaitsFrame) {
      awaitsFrame = false;
      connection.worker().admission().frameCame();
    }
  }

  /// Time in which the client could not go on does not count.
  void restartFrame(int now) {
    if (unfinished != null) {
      unfinished.begin(now);
    }
  }

  /// Returns how much memory unfinished frames hold.
  int frameBytes() {
    int bytes = 0;
    if (states != null) {
      for (Object state : states.values()) {
        bytes += state instanceof FrameDecoder decoder ? decoder.heldBytes() : 0;
      }
    }
    return bytes;
  }
}
