package sluice.internal.loop;

import sluice.spi.Chunk;
import sluice.spi.StreamBase;

/// What owns a handle and gets the completions of its operations, on the loop. See
/// [sluice.spi.Completions].
public interface Endpoint {
  /// See [sluice.spi.Completions#accepted].
  default void accepted(StreamBase connection) {
    connection.close();
  }

  /// See [sluice.spi.Completions#received].
  default void received(Chunk lent) {}

  /// See [sluice.spi.Completions#sent].
  default void sent(int result) {}

  /// See [sluice.spi.Completions#polled].
  default void polled(int readiness) {}

  /// See [sluice.spi.Completions#finished].
  default void finished(int operation, int status) {}

  /// The loop is closing: cancel what is in progress, then detach.
  void loopClosing();
}
