package sluice.spi;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

  private final Backend backend;
  private final List<CloseListener> listeners = new ArrayList<>(1);

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
    for (CloseListener listener : snapshot()) {
      listener.sourceClosed(this);
    }
    freeIfUnused();
    BlockedSelects.sourceClosed();
  }

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
