package sluice;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/// One thread that waits for completions, timers and tasks, and runs all their callbacks.
///
/// Every method may be called from any thread. A callback that throws is logged and hurts nothing
/// else. Made and started by [Backend#openLoop].
public interface EventLoop extends Executor, AutoCloseable {
  /// Something that can be called off, from any thread. A second call does nothing.
  @FunctionalInterface
  interface Registration {
    /// Calls it off. On the loop no callback follows; from another thread one may be running.
    void cancel();
  }

  /// Runs `task` on the loop. Tasks of one thread run in the order given.
  ///
  /// @throws RejectedExecutionException if the loop is closed or too many tasks are waiting
  @Override
  void execute(Runnable task);

  /// Runs `task` on the loop after `delay`, never early; zero or less means on the next turn. Equal
  /// deadlines run in the order they were set.
  ///
  /// @throws RejectedExecutionException if the loop is closed
  Registration schedule(Duration delay, Runnable task);

  /// Watches `source` until it is cancelled, level-triggered. A source has one watch at a time in a
  /// loop: a second one ends at once, with [Watcher#onEnd].
  ///
  /// @throws RejectedExecutionException if the loop is closed
  /// @throws IllegalArgumentException if `source` belongs to another backend
  /// @throws UnsupportedOperationException if the backend cannot watch for `interest`
  Registration watch(Pollable source, Interest interest, Watcher watcher) throws IOException;

  /// Tells whether the calling thread is this loop's.
  boolean inLoop();

  /// Stops the loop after the tasks already given, ends its watches, and waits for its thread.
  ///
  /// @throws IllegalStateException if called on the loop itself, which would wait for ever
  @Override
  void close();
}
