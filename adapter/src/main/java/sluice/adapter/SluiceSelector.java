package sluice.adapter;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.Descriptor;
import sluice.Descriptors;
import sluice.Interest;
import sluice.Poller;
import sluice.Readiness;
import sun.nio.ch.Net;
import sun.nio.ch.SelChImpl;
import sun.nio.ch.SelectionKeyImpl;
import sun.nio.ch.SelectorImpl;

/// A selector of the JDK whose readiness comes from a [Poller]. It does what the JDK's own on epoll
/// does, in the same order
/// ([EPollSelectorImpl](https://github.com/openjdk/jdk/blob/jdk-25-ga/src/java.base/linux/classes/sun/nio/ch/EPollSelectorImpl.java)).
///
/// The JDK closes a number only when its key has left the selector, which is where it leaves the
/// poller ([#implDereg]). So the number may be adopted, by a descriptor that is never closed, and
/// goes into the epoll set. Interrupts are left to the poller, too.
final class SluiceSelector extends SelectorImpl {
  /// Breaks it on purpose: nobody is ever asked about writing. A suite that passes now is deaf.
  private static final boolean SABOTAGED = Boolean.getBoolean("sluice.adapter.sabotage");

  private static final class Watched {
    final Descriptor descriptor;
    int mask; // 0: the poller does not know it, because its interest is never empty

    Watched(Descriptor descriptor) {
      this.descriptor = descriptor;
    }
  }

  private record Ready(SelectionKeyImpl key, Readiness readiness) {}

  private final Backend backend;
  private final boolean borrows;
  private final Poller<SelectionKeyImpl> poller;
  private final Queue<SelectionKeyImpl> changed = new ConcurrentLinkedQueue<>();

  /// Used with this selector's lock held.
  private final Map<SelectionKeyImpl, Watched> watched = new HashMap<>();

  /// @param borrows whether to borrow numbers, which the poller asks `ppoll` about, or to adopt
  ///   them
  SluiceSelector(SelectorProvider provider, Backend backend, boolean borrows) throws IOException {
    super(provider);
    this.backend = backend;
    this.borrows = borrows;
    poller = backend.openPoller();
    Traffic.SELECTORS.increment();
  }

  @Override
  protected int doSelect(@Nullable Consumer<SelectionKey> action, long timeoutMillis)
      throws IOException {
    applyChanges();
    processDeregisterQueue();
    List<Ready> ready = new ArrayList<>();
    Traffic.SELECTS.increment();
    poller.select(
        timeoutMillis < 0 ? null : Duration.ofMillis(timeoutMillis),
        (key, readiness) -> ready.add(new Ready(key, readiness)));
    processDeregisterQueue();
    int updated = 0;
    for (Ready one : ready) {
      if (watched.containsKey(one.key)) { // it may have been cancelled meanwhile
        Traffic.EVENTS.increment();
        updated += processReadyEvents(events(one.readiness), one.key, action);
      }
    }
    return updated;
  }

  /// The channel decides what hang-up and error mean: ready for all it was asked about.
  private static int events(Readiness readiness) {
    return (readiness.readable() ? Net.POLLIN : 0)
        | (readiness.writable() ? Net.POLLOUT : 0)
        | (readiness.hangup() ? Net.POLLHUP : 0)
        | (readiness.error() ? Net.POLLERR : 0);
  }

  @Override
  public void setEventOps(SelectionKeyImpl key) { // from any thread
    changed.add(key);
  }

  private void applyChanges() throws IOException {
    for (SelectionKeyImpl key = changed.poll(); key != null; key = changed.poll()) {
      if (key.isValid()) {
        apply(key);
      }
    }
  }

  private void apply(SelectionKeyImpl key) throws IOException {
    SelChImpl channel = (SelChImpl) key.channel();
    Watched source = watched.get(key);
    if (source == null) {
      Descriptors descriptors = backend.descriptors();
      int number = channel.getFDVal();
      source = new Watched(borrows ? descriptors.borrow(number) : descriptors.adopt(number));
      watched.put(key, source);
    }
    int events = channel.translateInterestOps(key.nioInterestOps());
    int mask =
        ((events & Net.POLLIN) != 0 ? 1 : 0) | ((events & Net.POLLOUT) != 0 && !SABOTAGED ? 2 : 0);
    if (mask == source.mask) {
      return;
    }
    Traffic.REGISTRATIONS.increment();
    if (mask == 0) {
      poller.unregister(source.descriptor);
    } else if (source.mask == 0) {
      poller.register(source.descriptor, Interest.ofMask(mask), key);
    } else {
      poller.modify(source.descriptor, Interest.ofMask(mask));
    }
    source.mask = mask;
  }

  @Override
  protected void implDereg(SelectionKeyImpl key) throws IOException {
    Watched source = watched.remove(key);
    if (source != null && source.mask != 0) {
      Traffic.REGISTRATIONS.increment();
      poller.unregister(source.descriptor);
    }
  }

  @Override
  public Selector wakeup() {
    poller.wakeup();
    return this;
  }

  @Override
  protected void implClose() throws IOException {
    watched.clear();
    poller.close();
  }
}
