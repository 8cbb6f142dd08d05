package sluice.spi;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.ClosedPollableException;

/// What every backend's sources share: closing exactly once, by the last user, and telling those
/// who watch. [#acquire], [#release] and [#close] are thread-safe; the rest belongs to the owner.
public abstract class PollableBase extends UseCounted {
  /// Told when a source it watches is closed. From any thread.
  @FunctionalInterface
  public interface CloseListener {
    /// The source is closed and may still be in use by a call.
    void sourceClosed(PollableBase source);
  }

  private static final CloseListener[] NOBODY = {};
  private static final VarHandle LISTENERS;

  static {
    try {
      LISTENERS =
          MethodHandles.lookup()
              .findVarHandle(PollableBase.class, "listeners", CloseListener[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Backend backend;

  /// Replaced, never changed: a list and its lock for each socket would be half of the socket.
  private volatile CloseListener[] listeners = NOBODY;

  protected PollableBase(Backend backend) {
    this.backend = backend;
  }

  public final Backend backend() {
    return backend;
  }

  public final void close() {
    if (!markClosed()) {
      return;
    }
    for (CloseListener listener : listeners) {
      listener.sourceClosed(this);
    }
    freeIfUnused();
    BlockedSelects.sourceClosed();
  }

  /// Asks to be told when this source is closed.
  public final void addCloseListener(CloseListener listener) {
    CloseListener[] before;
    CloseListener[] after;
    do {
      before = listeners;
      after = Arrays.copyOf(before, before.length + 1);
      after[before.length] = listener;
    } while (!LISTENERS.compareAndSet(this, before, after));
  }

  /// Takes [#addCloseListener] back.
  public final void removeCloseListener(CloseListener listener) {
    CloseListener[] before;
    CloseListener[] after;
    do {
      before = listeners;
      int index = Arrays.asList(before).indexOf(listener);
      if (index < 0) {
        return;
      }
      after = before.length == 1 ? NOBODY : Arrays.copyOf(before, before.length - 1);
      System.arraycopy(before, index + 1, after, index, after.length - index);
    } while (!LISTENERS.compareAndSet(this, before, after));
  }

  protected final void requireOpen() throws ClosedPollableException {
    if (!isOpen()) {
      throw ClosedPollableException.of(this);
    }
  }

  /// Begins a call that uses this source; [#release] ends it.
  protected final void begin() throws ClosedPollableException {
    if (!acquire()) {
      throw ClosedPollableException.of(this);
    }
  }

  /// Checks that the system still knows this source, after it reported a failure with it.
  ///
  /// @throws ClosedPollableException if whoever lent a descriptor has closed it
  public void requireUsable() throws ClosedPollableException {}

  /// Returns what the system said when an operation last ended with [Status#OTHER].
  public abstract @Nullable IOException failure();
}
