package sluice.spi;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.EventLoop;
import sluice.Pollable;
import sluice.internal.loop.Loop;
import sluice.internal.readiness.ReadinessDriver;

/// A backend as Sluice sees it from inside. Found by `ServiceLoader`: constructing one must call
/// nothing that can fail.
public interface BackendProvider extends Backend {
  /// Returns the rank among the backends; the highest that works is [Backend#best].
  int preference();

  /// Returns why this backend cannot run here, with what to do about it, or null if it can. Asked
  /// once and remembered.
  @Nullable String refusal();

  /// Returns what it can do here and what not, for people. Only if there is no [#refusal].
  default List<Capability> capabilities() {
    return List.of();
  }

  /// Checks that this backend can watch for `interest`, a mask.
  ///
  /// @throws UnsupportedOperationException if it cannot; says why and what can
  void checkInterest(int interest);

  /// Returns where its loops get threads and time.
  Host host();

  /// Opens a driver: completions on top of this backend's poller, unless the kernel has its own.
  /// Called on the loop's thread.
  default Driver openDriver() throws IOException {
    return new ReadinessDriver(this);
  }

  @Override
  default EventLoop openLoop(String name) throws IOException {
    return Loop.start(this, name);
  }

  /// Looks which sources are ready, once, and waits at most `timeoutNanos` for the first.
  ///
  /// It may return 0 early: after an interrupt, after any pollable was closed, after a signal.
  ///
  /// @param sources open sources of this backend, each once
  /// @param interests the mask of what is asked of each, parallel to `sources`
  /// @param readiness gets the answer for each: the part of the interest that holds
  /// @param timeoutNanos 0 only looks, [Long#MAX_VALUE] waits for ever
  /// @return how many are ready
  int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos)
      throws IOException;
}
