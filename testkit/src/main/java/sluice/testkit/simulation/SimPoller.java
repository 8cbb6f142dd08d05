package sluice.testkit.simulation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import sluice.ReadyHandler;
import sluice.spi.PollerBase;

/// A level-triggered poller that never waits: see [SimHost]. What is ready is computed from the
/// state of the sources at each look, so nothing can be lost here.
final class SimPoller<A> extends PollerBase<A> {
  /// Of the draws of what is reported mistakenly.
  private static final int MISTAKEN = 1;

  private static final int UNWATCHED_MAX = 4;

  private final SimNetwork network;
  private final SimHost.LoopActor loop;
  private final SplitMix random;
  private final SplitMix mistaken;
  private final List<Registration<A>> watched = new ArrayList<>();

  /// Those that were watched last and are not any more.
  private final ArrayDeque<Registration<A>> unwatched = new ArrayDeque<>();

  private final List<Registration<A>> batch = new ArrayList<>();
  private int[] masks = new int[16];
  private boolean woken;

  SimPoller(SimBackend backend) {
    super(backend);
    network = backend.network();
    loop = backend.host().currentLoop();
    random = loop.random.split(1);
    mistaken = random.split(MISTAKEN);
  }

  @Override
  protected void add(Registration<A> registration) {
    network.note(Trace.Event.WATCH, source(registration).id(), registration.interest());
    watched.add(registration);
    source(registration).watch(() -> changed(registration));
  }

  @Override
  protected void change(Registration<A> registration) {
    network.note(Trace.Event.WATCH, source(registration).id(), registration.interest());
  }

  @Override
  protected void remove(Registration<A> registration) {
    network.note(Trace.Event.UNWATCH, source(registration).id(), 0);
    watched.remove(registration);
    unwatched.add(registration);
    if (unwatched.size() > UNWATCHED_MAX) {
      unwatched.remove();
    }
    source(registration).watch(null);
  }

  private static SimSource source(Registration<?> registration) {
    return (SimSource) registration.source();
  }

  private void changed(Registration<A> registration) {
    if ((source(registration).readiness() & (registration.interest() | SimSocket.ALWAYS)) != 0) {
      loop.wake();
    }
  }

  @Override
  protected int await(long timeoutNanos, ReadyHandler<? super A> handler) {
    loop.maybeStall();
    boolean early = timeoutNanos > 0 && network.faults.strikes(Fault.EARLY_RETURN, random);
    boolean withheld = false;
    if (!early) {
      withheld = collect();
    }
    shuffle();
    int told = 0;
    for (int i = 0; i < batch.size(); i++) {
      Registration<A> registration = batch.get(i);
      if ((masks[i] & ~registration.interest() & SimSocket.ALWAYS) != 0) {
        network.faults.count(Fault.UNMASKED_HANGUP);
      }
      network.note(Trace.Event.READY, source(registration).id(), masks[i]);
      told += dispatch(registration, masks[i], handler);
    }
    batch.clear();
    if (told > 0 || timeoutNanos == 0 || woken) {
      woken = false;
      return told;
    }
    loop.sleep(timeoutNanos, early || withheld, random);
    return LATER;
  }

  /// Looks what is ready; true if some of it was left for later.
  private boolean collect() {
    boolean withheld = false;
    for (int i = 0; i < watched.size(); i++) {
      Registration<A> registration = watched.get(i);
      int mask = source(registration).readiness() & (registration.interest() | SimSocket.ALWAYS);
      if (mask == 0) {
        if (network.faults.strikes(Fault.SPURIOUS_READINESS, random)) {
          network.progress++;
          put(registration, registration.interest());
        }
      } else if (network.faults.strikes(Fault.SUBSET_READINESS, random)) {
        network.progress++;
        withheld = true;
      } else {
        put(registration, mask);
        if (network.faults.strikes(Fault.DUPLICATE_READINESS, mistaken)) {
          put(registration, mask);
        }
      }
    }
    for (Registration<A> gone : unwatched) {
      if (network.faults.strikes(Fault.STALE_READINESS, mistaken)) {
        put(gone, gone.interest());
      }
    }
    return withheld;
  }

  private void put(Registration<A> registration, int mask) {
    int index = batch.size();
    if (index == masks.length) {
      masks = java.util.Arrays.copyOf(masks, index * 2);
    }
    masks[index] = mask;
    batch.add(registration);
  }

  private void shuffle() {
    for (int i = batch.size() - 1; i > 0; i--) {
      int j = random.below(i + 1);
      Registration<A> other = batch.get(j);
      batch.set(j, batch.get(i));
      batch.set(i, other);
      int mask = masks[j];
      masks[j] = masks[i];
      masks[i] = mask;
    }
  }

  @Override
  protected void wake() {
    woken = true;
    loop.wake();
    loop.maybeInterleave();
  }

  @Override
  protected void free() {
    watched.forEach(registration -> source(registration).watch(null));
    watched.clear();
  }
}
