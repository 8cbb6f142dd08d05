package sluice.adapter;

import java.io.IOException;
import java.nio.channels.spi.AbstractSelector;
import sluice.Backend;
import sun.nio.ch.SelectorProviderImpl;

/// The JDK's channels with Sluice's selector. Named by
/// `-Djava.nio.channels.spi.SelectorProvider=sluice.adapter.SluiceSelectorProvider`.
public final class SluiceSelectorProvider extends SelectorProviderImpl {
  private final boolean borrows;

  /// For the JDK, which makes the one that the property names. `-Dsluice.adapter.borrow=true` makes
  /// its selectors borrow.
  public SluiceSelectorProvider() {
    this(Boolean.getBoolean("sluice.adapter.borrow"));
  }

  SluiceSelectorProvider(boolean borrows) {
    this.borrows = borrows;
  }

  @Override
  public AbstractSelector openSelector() throws IOException {
    return new SluiceSelector(this, Backend.of("epoll"), borrows);
  }
}
