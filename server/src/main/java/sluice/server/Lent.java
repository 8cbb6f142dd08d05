package sluice.server;

import org.jspecify.annotations.Nullable;
import sluice.spi.Chunk;

/// What the callback in progress was lent, and the part of it that its handler has written back.
/// One for a loop: nothing arrives inside a callback. Confined to it.
final class Lent {
  private @Nullable Output borrower;
  private @Nullable Chunk chunk;
  int start;
  int end;

  /// Begins to lend `arrived` to the handler whose output is `output`.
  void lend(Output output, Chunk arrived) {
    borrower = output;
    chunk = arrived;
    start = 0;
    end = 0;
  }

  void takeBack() {
    borrower = null;
    chunk = null;
  }

  /// Returns what was lent to the handler of `output`, or null.
  @SuppressWarnings("ReferenceEquality") // the very object
  @Nullable Chunk to(Output output) {
    return borrower == output ? chunk : null;
  }
}
