package sluice.server;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// What other threads want of a connection: a set of bits at which its loop looks, once, soon. So
/// no number of calls fills the loop's own queue. Thread-safe.
final class Wishes {
  static final int PAUSE = 1;
  static final int RESUME = 2;
  static final int ABORT = 4;
  static final int OUT_HARD = 8;

  // These come behind the writes and broadcasts before them, so they are left among those. Their
  // bits stay set: a second one leaves nothing.
  static final int CLOSE = 16;
  static final int END_OUTPUT = 32;
  static final int ORDERED = CLOSE | END_OUTPUT;

  private final ServerConnection connection;

  private final Output output;
  private final AtomicInteger bits = new AtomicInteger();
  private final AtomicBoolean called = new AtomicBoolean();

  Wishes(ServerConnection connection, Output output) {
    this.connection = connection;

    this.output = output;
  }

  /// Leaves a wish, or 0 to have the loop look at the connection.
  void leave(int wish) {
    int undone = wish == PAUSE ? RESUME : wish == RESUME ? PAUSE : 0;
    int before = bits.getAndUpdate(all -> (all & ~undone) | wish);
    if ((wish & ORDERED & ~before) != 0) {
      output.wishFromElsewhere(wish);
    }
    callLoop();
  }

  /// Sees to it that the loop looks at what other threads have left.
  void callLoop() {
    if (called.compareAndSet(false, true)) {
      connection.chore(this::look);
    }
  }

  private void look() {
    called.set(false); // before looking: what is left from now on calls again
    int wished = bits.getAndUpdate(all -> all & ORDERED) & ~ORDERED;
    connection.fulfilBehindWrites(wished);
  }
}
