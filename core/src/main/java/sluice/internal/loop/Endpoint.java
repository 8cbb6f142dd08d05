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

  /// Come to an end: cancel what is in progress, and detach when its last completion has come. The
  /// loop is closing, or a completion threw.
  void end(Throwable cause);

  /// The loop has died and nothing completes any more: free what there is and tell who waits.
  void abandon(Throwable cause);
}
