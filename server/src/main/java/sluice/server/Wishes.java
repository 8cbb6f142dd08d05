package sluice.server;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// What other threads want of a connection: a set of bits at which its loop looks, once, soon. So
/// no number of calls fills the loop's own queue. [#leave] and [#callLoop] are thread-safe.
abstract class Wishes extends Wheel.Entry {
  static final int PAUSE = 1;
  static final int RESUME = 2;
  static final int ABORT = 4;
  static final int OUT_HARD = 8;

  // These come behind the writes and broadcasts before them, so they are left among those. Their
  // bits stay set: a second one leaves nothing.
  static final int CLOSE = 16;
  static final int END_OUTPUT = 32;
  static final int ORDERED = CLOSE | END_OUTPUT;

  /// The loop was told to look.
  private static final int CALLED = 64;

  private static final VarHandle BITS;

  static {
    try {
      BITS = MethodHandles.lookup().findVarHandle(Wishes.class, "bits", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int bits;

  /// Leaves one of [#ORDERED] behind what this thread has written and broadcast.
  abstract void leaveBehindWrites(int wish);

  /// Has the loop do something on its next turn.
  abstract void chore(Runnable body);

  /// Takes what other threads wrote, then does what they wished for.
  abstract void fulfilBehindWrites(int wished);

  /// Leaves a wish, or 0 to have the loop look at the connection.
  final void leave(int wish) {
    int undone = wish == PAUSE ? RESUME : wish == RESUME ? PAUSE : 0;
    int before;
    do {
      before = bits;
    } while (!BITS.compareAndSet(this, before, (before & ~undone) | wish));
    if ((wish & ORDERED & ~before) != 0) {
      leaveBehindWrites(wish);
    }
    callLoop();
  }

  /// Sees to it that the loop looks at what other threads have left.
  final void callLoop() {
    if (((int) BITS.getAndBitwiseOr(this, CALLED) & CALLED) == 0) {
      chore(this::look);
    }
  }

  private void look() {
    int wished = (int) BITS.getAndBitwiseAnd(this, ORDERED); // what is left from now on calls again
    fulfilBehindWrites(wished & ~ORDERED & ~CALLED);
  }
}
