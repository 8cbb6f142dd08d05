package sluice.internal.nio;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;
import sluice.Pollable;
import sluice.spi.BlockedSelects;
import sluice.spi.Durations;

/// One look at a set of channels, on a selector that is borrowed for the call.
///
/// A selector costs three descriptors, so a few are kept.
final class NioSelect {
  private static final int SELECTORS_MAX = 8;

  /// The smallest event buffer of the JDK's selectors (1,024 on Linux, 512 elsewhere).
  static final int EVENTS_MIN = 512;

  private final NioBackend backend;
  private final ConcurrentLinkedDeque<Selector> idle = new ConcurrentLinkedDeque<>();

  NioSelect(NioBackend backend) {
    this.backend = backend;
  }

  int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos)
      throws IOException {
    for (int interest : interests) {
      backend.checkInterest(interest);
    }
    Selector selector = borrow();
    boolean clean = false;
    BlockedSelects.Wakeable wakeable = selector::wakeup;
    BlockedSelects.enter(wakeable);
    try {
      int ready = select(selector, sources, interests, readiness, timeoutNanos);
      clean = true;
      return ready;
    } catch (ClosedChannelException | CancelledKeyException _) {
      return 0; // the caller finds out which one
    } finally {
      BlockedSelects.leave(wakeable);
      giveBack(selector, clean);
    }
  }

  private static int select(
      Selector selector, Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos)
      throws IOException {
    SelectionKey[] keys = new SelectionKey[sources.length];
    for (int i = 0; i < sources.length; i++) {
      if (!sources[i].isOpen()) {
        return 0;
      }
      keys[i] = register(selector, (NioSource) sources[i], interests[i]);
    }
    if (timeoutNanos == 0) {
      selector.selectNow();
    } else if (timeoutNanos == Durations.FOREVER) {
      selector.select();
    } else {
      selector.select(Durations.ceilMillis(timeoutNanos, Integer.MAX_VALUE));
    }
    drain(selector);
    int count = 0;
    for (int i = 0; i < sources.length; i++) {
      readiness[i] = ((NioSource) sources[i]).readiness(interests[i], keys[i].readyOps());
      count += readiness[i] != 0 ? 1 : 0;
    }
    return count;
  }

  /// One look at the system ends when its event buffer is full, and would leave the rest
  /// unanswered.
  private static void drain(Selector selector) throws IOException {
    int before = 0;
    int ready = selector.selectedKeys().size();
    while (ready >= EVENTS_MIN && ready > before) {
      before = ready;
      selector.selectNow(); // the system takes turns: those that were told come last
      ready = selector.selectedKeys().size();
    }
  }

  private static SelectionKey register(Selector selector, NioSource source, int interest)
      throws ClosedChannelException {
    int operations = source.operations(interest);
    @Nullable SelectionKey present = source.channel().keyFor(selector);
    if (present == null) {
      return source.channel().register(selector, operations);
    }
    present.interestOpsOr(operations);
    return present;
  }

  private Selector borrow() throws IOException {
    Selector selector = idle.pollFirst();
    return selector != null ? selector : Selector.open();
  }

  private void giveBack(Selector selector, boolean clean) throws IOException {
    if (clean && idle.size() < SELECTORS_MAX && !Thread.currentThread().isInterrupted()) {
      selector.keys().forEach(SelectionKey::cancel);
      selector.selectNow(); // deregisters the keys, so that the channels can come back
      selector.selectedKeys().clear();
      idle.addFirst(selector);
    } else {
      selector.close();
    }
  }
}
