package sluice.linux.libc;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.util.Set;

/// Runs an action when the thread that waits is interrupted: a native wait does not notice by
/// itself.
///
/// [AbstractSelector#begin] is the only public hook the JDK has for this, so it is a selector in
/// name only. Confined to the waiting thread.
public final class InterruptHook extends AbstractSelector {
  private final Runnable action;

  /// Makes a hook whose `action` ends the wait, from any thread.
  @SuppressWarnings("NullAway") // the provider is only ever handed back
  public InterruptHook(Runnable action) {
    super(null);
    this.action = action;
  }

  /// Begins a wait. If the thread is interrupted already, the action runs at once.
  public void enter() {
    begin();
  }

  /// Ends it.
  public void leave() {
    end();
  }

  @Override
  public Selector wakeup() {
    action.run();
    return this;
  }

  @Override
  protected void implCloseSelector() {}

  @Override
  protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
    throw new UnsupportedOperationException(SelectableChannel.class.getName());
  }

  @Override
  public Set<SelectionKey> keys() {
    return Set.of();
  }

  @Override
  public Set<SelectionKey> selectedKeys() {
    return Set.of();
  }

  @Override
  public int selectNow() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int select(long timeout) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int select() {
    throw new UnsupportedOperationException();
  }
}
