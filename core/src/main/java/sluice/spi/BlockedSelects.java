package sluice.spi;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The calls of [sluice.Select#select] that wait right now, so that closing a source ends them.
///
/// A call adds itself, then checks that its sources are open, then waits; a close marks the source
/// closed, counts itself, then wakes all that are here. So one of the two sees the other.
/// Thread-safe.
public final class BlockedSelects {
  /// A waiting call.
  @FunctionalInterface
  public interface Wakeable {
    /// Ends the wait, from any thread.
    void wake();
  }

  private static final Set<Wakeable> BLOCKED = ConcurrentHashMap.newKeySet();

  private static final AtomicLong CLOSES = new AtomicLong();

  private BlockedSelects() {}

  /// Returns how many sources have ever been closed. Sources that were open when it was this are
  /// open while it is this.
  public static long closes() {
    return CLOSES.get();
  }

  /// Announces a call that is about to wait.
  public static void enter(Wakeable call) {
    BLOCKED.add(call);
  }

  /// Withdraws it.
  public static void leave(Wakeable call) {
    BLOCKED.remove(call);
  }

  /// Says that a source has been closed: every waiting call looks whether it is concerned.
  public static void sourceClosed() {
    CLOSES.incrementAndGet();
    for (Wakeable call : BLOCKED) {
      call.wake();
    }
  }
}
