package sluice.internal.select;

import java.io.IOException;
import java.io.InterruptedIOException;
import sluice.spi.BackendProvider;
import sluice.spi.Durations;

/// The loop around a question that may be answered early.
final class Waiting {
  /// Asks the system once.
  @FunctionalInterface
  interface Question {
    /// Returns true if something is ready; false after at most `timeoutNanos`, or earlier.
    boolean ask(long timeoutNanos) throws IOException;
  }

  /// Checks that no source was closed.
  @FunctionalInterface
  interface Check {
    void run() throws IOException;
  }

  private Waiting() {}

  /// Asks until something is ready or the timeout has passed; never early.
  static void until(BackendProvider backend, long timeoutNanos, Check open, Question question)
      throws IOException {
    long start = timeoutNanos == 0 ? 0 : backend.host().nanoTime();
    long remaining = timeoutNanos;
    while (true) {
      throwIfInterrupted();
      open.run();
      if (question.ask(remaining) || timeoutNanos == 0) {
        return;
      }
      open.run();
      throwIfInterrupted();
      remaining = Durations.remaining(timeoutNanos, start, backend.host().nanoTime());
      if (remaining == 0) {
        return;
      }
    }
  }

  static void throwIfInterrupted() throws InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("select was interrupted");
    }
  }
}
