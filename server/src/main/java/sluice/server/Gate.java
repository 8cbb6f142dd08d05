package sluice.server;

import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import sluice.internal.loop.Failures;
import sluice.spi.Printable;

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

  /// What wrapping handlers keep with this connection, by wrapper.
  private @Nullable IdentityHashMap<Object, Object> states;

  /// How many wrapping handlers are cutting frames right now, one inside the other.
  private byte framings;

  Gate(ServerConnection connection, ConnectionHandler handler) {
    this.connection = connection;
    this.handler = handler;
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
    Failures.log("handler.failed remote=" + Printable.of(connection.remoteAddress().toString()), t);
  }

  /// Returns what `key` keeps with this connection, made by `create` when it is first asked for.
  <T> T state(Object key, Supplier<T> create) {
    IdentityHashMap<Object, Object> all = states;
    if (all == null) {
      states = all = new IdentityHashMap<>(2);
    }
    @SuppressWarnings("unchecked") // each key has one type
    T present = (T) all.computeIfAbsent(key, _ -> create.get());
    return present;
  }

  /// A wrapping handler begins to cut frames. Tells whether no other one is doing so, further out.
  boolean enterFrames() {
    return framings++ == 0;
  }

  void leaveFrames() {
    framings--;
  }
}
