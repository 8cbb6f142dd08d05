package sluice.server;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.spi.Chunk;

/// What the callback in progress was lent, and who has written the very buffer back or on: its own
/// connection, or another one of the loop, as in a proxy. One for a loop: nothing arrives inside a
/// callback. Confined to it.
final class Lent {
  private @Nullable Chunk chunk;
  private @Nullable Output writer;

  /// The part that was written and not sent.
  int start;

  int end;

  /// Begins to lend `arrived`.
  void lend(Chunk arrived) {
    chunk = arrived;
    writer = null;
    start = 0;
    end = 0;
  }

  /// Ends it. What the writer could not send at once is copied.
  void takeBack() {
    if (writer != null) {
      writer.queueLent();
    }
    chunk = null;
    writer = null;
  }

  /// Notes that `output` writes `src`; false if that is not what was lent, or was written before.
  boolean write(Output output, ByteBuffer src) {
    if (chunk == null || writer != null || !chunk.isView(src)) {
      return false;
    }
    writer = output;
    start = src.position();
    end = src.limit();
    src.position(src.limit());
    return true;
  }

  /// Returns who has written it, if that is not `own`.
  @SuppressWarnings("ReferenceEquality") // the very object
  @Nullable Output writerBeside(Output own) {
    return writer == own ? null : writer;
  }

  /// Returns what was lent and has been written by `output`, or null.
  @SuppressWarnings("ReferenceEquality") // the very object
  @Nullable Chunk writtenBy(Output output) {
    return writer == output && end > start ? chunk : null;
  }
}
