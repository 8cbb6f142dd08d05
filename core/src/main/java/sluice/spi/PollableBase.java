package sluice.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.ClosedPollableException;

/// What every backend's sources share: closing exactly once, by the last user, and telling those
/// who watch. [#acquire], [#release] and [#close] are thread-safe; the rest belongs to the owner.
public abstract class PollableBase {
  /// Told when a source it watches is closed. From any thread.
  @FunctionalInterface
  public interface CloseListener {
    /// The source is closed and may still be in use by a call.
    void sourceClosed(PollableBase source);
  }

  // state = users, plus CLOSED once close was called, plus FREED once the descriptor is gone.
  private static final int CLOSED = 1 << 30;
  private static final int FREED = 1 << 29;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(PollableBase.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Backend backend;
  private final List<CloseListener> listeners = new ArrayList<>(1);
  private volatile int state;

  protected PollableBase(Backend backend) {
    this.backend = backend;
  }

  public final Backend backend() {
    return backend;
  }

  public final boolean isOpen() {
    return (state & CLOSED) == 0;
  }

  /// Begins to use the descriptor; false if it is closed. Balanced by [#release].
  public final boolean acquire() {
    int before = (int) STATE.getAndAdd(this, 1);
    if ((before & CLOSED) == 0) {
      return true;
    }
    release();
    return false;
  }

  /// Ends using the descriptor; the last user of a closed source frees it.
  public final void release() {
    if ((int) STATE.getAndAdd(this, -1) - 1 == CLOSED) {
      freeOnce();
    }
  }

  public final void close() {
    int before = (int) STATE.getAndBitwiseOr(this, CLOSED);
    if ((before & CLOSED) != 0) {
      return;
    }
    for (CloseListener listener : snapshot()) {
      listener.sourceClosed(this);
    }
    if (before == 0) {
      freeOnce();
    }
    BlockedSelects.wakeAll();
  }

  private void freeOnce() {
    if (STATE.compareAndSet(this, CLOSED, CLOSED | FREED)) {
      free();
    }
  }

  /// Gives the descriptor back to the system. Called exactly once.
  protected abstract void free();

  /// Asks to be told when this source is closed.
  public final void addCloseListener(CloseListener listener) {
    synchronized (listeners) {
      listeners.add(listener);
    }
  }

  /// Takes [#addCloseListener] back.
  public final void removeCloseListener(CloseListener listener) {
    synchronized (listeners) {
      listeners.remove(listener);
    }
  }

  private CloseListener[] snapshot() {
    synchronized (listeners) {
      return listeners.toArray(new CloseListener[0]);
    }
  }

  protected final void requireOpen() throws ClosedPollableException {
    if (!isOpen()) {
      throw ClosedPollableException.of(this);
    }
  }

  /// Returns what the system said when an operation ended with [Status#OTHER].
  public abstract java.io.@Nullable IOException failure();
}
