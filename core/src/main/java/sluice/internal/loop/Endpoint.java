package sluice.internal.loop;

import sluice.spi.Chunk;
import sluice.spi.StreamBase;

/// What owns a handle and gets the completions of its operations, on the loop. See [Completions].
public interface Endpoint {
  /// See [Completions#accepted].
  default void accepted(StreamBase connection) {
    connection.close();
  }

  /// See [Completions#received].
  default void received(Chunk lent) {}

  /// See [Completions#sent].
  default void sent(int result) {}

  /// See [Completions#polled].
  default void polled(int readiness) {}

  /// See [Completions#finished].
  default void finished(int operation, int status) {}

  /// The loop is closing: cancel what is in progress, then detach.
  void loopClosing();
}
