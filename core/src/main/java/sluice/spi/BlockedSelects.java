package sluice.spi;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The calls of [sluice.Select#select] that wait right now, so that closing a source ends them.
///
/// A call adds itself, then checks that its sources are open, then waits; a close marks the source
/// closed, then wakes all that are here. So one of the two sees the other. Thread-safe.
public final class BlockedSelects {
  /// A waiting call.
  @FunctionalInterface
  public interface Wakeable {
    /// Ends the wait, from any thread.
    void wake();
  }

  private static final Set<Wakeable> BLOCKED = ConcurrentHashMap.newKeySet();

  private BlockedSelects() {}

  /// Announces a call that is about to wait.
  public static void enter(Wakeable call) {
    BLOCKED.add(call);
  }

  /// Withdraws it.
  public static void leave(Wakeable call) {
    BLOCKED.remove(call);
  }

  /// Wakes every waiting call; each looks whether it is concerned.
  public static void wakeAll() {
    for (Wakeable call : BLOCKED) {
      call.wake();
    }
  }
}
