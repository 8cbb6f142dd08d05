package sluice.spi;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;

/// The only source of threads, time and memory: real ones, or simulated ones from a seed.
/// Thread-safe.
public interface Host {
  /// One turn of a loop.
  @FunctionalInterface
  interface Turn {
    /// Runs one turn; false when the loop has ended.
    boolean run();
  }

  /// Returns the monotonic clock. Compare by subtraction.
  long nanoTime();

  /// Returns a random number, for choices that nobody should be able to foresee. Not for secrets.
  long random();

  /// Runs the turns of `loop`, one after the other, until one says false. The host decides on which
  /// thread, always the same.
  void startLoop(String name, EventLoop loop, Turn turn);

  /// Calls `body` about every `period`, on a thread of its own that keeps no process alive, until
  /// what is returned is cancelled.
  EventLoop.Registration every(Duration period, String name, Runnable body);

  /// Returns where the thread of `loop` is now, the innermost call first; empty if that cannot be
  /// told.
  StackTraceElement[] stack(EventLoop loop);

  /// Tells whether the caller runs inside a turn of `loop`.
  boolean inLoop(@Nullable EventLoop loop);

  /// Returns zeroed memory for chunks, which the kernel can use.
  ByteBuffer allocate(int bytes);

  /// Waits until `stage` has completed. Never call it inside a turn.
  void await(CompletionStage<?> stage);
}
