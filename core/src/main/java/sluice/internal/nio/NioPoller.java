package sluice.internal.nio;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.ReadyHandler;
import sluice.spi.Durations;
import sluice.spi.PollableBase;
import sluice.spi.PollerBase;

/// A poller on a `Selector`.
///
/// Two habits of selectors are hidden: a cancelled key occupies its channel until the next select,
/// so registering again flushes first, and so does closing the source; and connect is an operation
/// of its own that turns into write.
final class NioPoller<A> extends PollerBase<A> {
  private final Selector selector;

  /// Registrations whose write interest is still a connect interest.
  private final List<Registration<A>> connecting = new ArrayList<>();

  /// Sources whose cancelled keys still occupy them: closing one flushes.
  private final List<PollableBase> occupied = new ArrayList<>();

  private final PollableBase.CloseListener flusher = _ -> settle();

  private boolean full;
  private @Nullable SelectionKey[] batch = new @Nullable SelectionKey[64];

  NioPoller(NioBackend backend) throws IOException {
    super(backend);
    selector = Selector.open();
  }

  @Override
  protected void add(Registration<A> registration) throws IOException {
    NioSource source = (NioSource) registration.source();
    if (source.channel().keyFor(selector) != null) {
      flush();
    }
    int operations = source.operations(registration.interest());
    registration.key(source.channel().register(selector, operations, registration));
    noteConnecting(registration, operations);
  }

  @Override
  protected void change(Registration<A> registration) {
    NioSource source = (NioSource) registration.source();
    int operations = source.operations(registration.interest());
    key(registration).interestOps(operations);
    noteConnecting(registration, operations);
  }

  private void noteConnecting(Registration<A> registration, int operations) {
    connecting.remove(registration);
    if ((operations & SelectionKey.OP_CONNECT) != 0) {
      connecting.add(registration);
    }
  }

  @Override
  protected void remove(Registration<A> registration) {
    connecting.remove(registration);
    key(registration).cancel();
    PollableBase source = registration.source();
    source.addCloseListener(flusher);
    occupied.add(source);
  }

  @Override
  protected void flush() throws IOException {
    selector.selectNow();
    selector.selectedKeys().clear(); // they are reported again by the next await
    release();
  }

  private void release() {
    occupied.forEach(source -> source.removeCloseListener(flusher));
    occupied.clear();
  }

  @Override
  protected int await(long timeoutNanos, ReadyHandler<? super A> handler) throws IOException {
    for (int i = connecting.size() - 1; i >= 0; i--) {
      refreshConnecting(connecting.get(i));
    }
    if (timeoutNanos == 0) {
      selector.selectNow();
    } else if (timeoutNanos == Durations.FOREVER) {
      selector.select();
    } else {
      selector.select(Durations.ceilMillis(timeoutNanos, Integer.MAX_VALUE));
    }
    awoke();
    release();
    // Copied first: a handler may register, which may select, which changes the selected keys.
    int size = selector.selectedKeys().size();
    batch = selector.selectedKeys().toArray(batch);
    selector.selectedKeys().clear();
    full = size >= NioSelect.EVENTS_MIN;
    int told = 0;
    for (int i = 0; i < size; i++) {
      SelectionKey key = Objects.requireNonNull(batch[i]);
      batch[i] = null;
      told += tell(key, handler);
    }
    return told;
  }

  @SuppressWarnings("unchecked") // only add() attaches
  private int tell(SelectionKey key, ReadyHandler<? super A> handler) {
    Registration<A> registration = (Registration<A>) key.attachment();
    int mask;
    try {
      mask = ((NioSource) registration.source()).readiness(registration.interest(), key.readyOps());
    } catch (CancelledKeyException _) {
      return 0; // unregistered or closed during this batch
    }
    return dispatch(registration, mask, handler);
  }

  private void refreshConnecting(Registration<A> registration) {
    NioSource source = (NioSource) registration.source();
    int operations = source.operations(registration.interest());
    try {
      if (key(registration).interestOps() != operations) {
        key(registration).interestOps(operations);
        connecting.remove(registration);
      }
    } catch (CancelledKeyException _) {
      connecting.remove(registration);
    }
  }

  private static SelectionKey key(Registration<?> registration) {
    return (SelectionKey) Objects.requireNonNull(registration.key());
  }

  @Override
  public boolean hasMore() {
    return full;
  }

  @Override
  protected void wake() {
    selector.wakeup();
  }

  @Override
  protected void free() throws IOException {
    release();
    selector.close();
  }
}
