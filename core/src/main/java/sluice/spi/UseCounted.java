package sluice.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Something that any thread may close while others use it: it is freed once, by its last user, so
/// that no call ever meets the next owner of a descriptor's number. Thread-safe.
public abstract class UseCounted {
  // state = users, plus CLOSED once it was closed, plus FREED once nothing is left.
  private static final int CLOSED = 1 << 30;
  private static final int FREED = 1 << 29;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(UseCounted.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int state;

  /// For subclasses.
  protected UseCounted() {}

  /// Gives it back to the system. Called exactly once.
  protected abstract void free();

  /// Begins to use it; false if it is closed. Balanced by [#release].
  public final boolean acquire() {
    int before = (int) STATE.getAndAdd(this, 1);
    if ((before & CLOSED) == 0) {
      return true;
    }
    release();
    return false;
  }

  /// Ends using it; the last user of a closed one frees it.
  public final void release() {
    if ((int) STATE.getAndAdd(this, -1) - 1 == CLOSED) {
      freeOnce();
    }
  }

  /// Marks it closed; false if it was already. [#freeIfUnused] must follow.
  protected final boolean markClosed() {
    return ((int) STATE.getAndBitwiseOr(this, CLOSED) & CLOSED) == 0;
  }

  /// Frees it after [#markClosed], if nobody uses it; otherwise the last user will.
  protected final void freeIfUnused() {
    freeOnce();
  }

  private void freeOnce() {
    if (STATE.compareAndSet(this, CLOSED, CLOSED | FREED)) {
      free();
    }
  }

  /// Tells whether it has not been closed.
  public final boolean isOpen() {
    return (state & CLOSED) == 0;
  }
}
