package sluice.internal.readiness;

import static sluice.spi.Operations.ACCEPT;
import static sluice.spi.Operations.CONNECT;
import static sluice.spi.Operations.POLL;
import static sluice.spi.Operations.RECEIVE;
import static sluice.spi.Operations.SEND;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.Interest;
import sluice.Pollable;
import sluice.Readiness;
import sluice.ReadyHandler;
import sluice.spi.BackendProvider;
import sluice.spi.Chunk;
import sluice.spi.Completions;
import sluice.spi.Driver;
import sluice.spi.DriverSlots;
import sluice.spi.Durations;
import sluice.spi.Finals;
import sluice.spi.Host;
import sluice.spi.ListenerBase;
import sluice.spi.PollerBase;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// Completions on top of a poller: wait until a source is ready, then do the call.
///
/// - **Interest is lazy.** Operations only note what they want; just before it waits, [#run] tells
///   the poller about the sources whose interest really changed. A receive that ends by credit and
///   is submitted again costs no kernel call.
/// - **Nothing wanted, nothing registered.** An error or hang-up is reported whatever the interest,
///   so a source without operations would spin if it stayed registered. The next operation
///   registers it again and, level-triggered, finds what happened meanwhile.
/// - **Hints are only hints.** An error or hang-up means "do the call": the call tells.
/// - **One receive per source and turn**, so that a flooder cannot starve the others.
public final class ReadinessDriver implements Driver, ReadyHandler<ReadinessDriver.Slot> {
  private static final int RECEIVE_BYTES = 64 * 1024;

  /// Connections that died in the queue are skipped, but not for ever.
  private static final int DEAD_ACCEPTS_MAX = 64;

  /// What is in progress for one handle.
  static final class Slot extends DriverSlots.Slot {
    final Pollable source;
    byte pollInterest;

    /// What the poller watches for; 0 if it does not know the source.
    byte registered;

    /// How much is still to be received, or accepted.
    int credit;

    boolean dirty;

    Slot(long handle, Pollable source) {
      super(handle);
      this.source = source;
    }

    int wanted() {
      int wanted = (active & (RECEIVE | ACCEPT)) != 0 ? 1 : 0;
      if ((active & (SEND | CONNECT)) != 0) {
        wanted |= 2;
      }
      return (active & POLL) != 0 ? wanted | pollInterest : wanted;
    }
  }

  private final Host host;
  private final PollerBase<Slot> poller;
  private final Chunk scratch;
  private final List<Slot> dirty = new ArrayList<>();
  private final Finals finals = new Finals();
  private final DriverSlots<Slot> slots = new DriverSlots<>();
  private @Nullable Completions sink;
  private @Nullable IOException failure;
  private @Nullable Pollable suspect;

  /// Opens a driver on a poller of `backend`.
  public ReadinessDriver(BackendProvider backend) throws IOException {
    host = backend.host();
    scratch = Chunk.shared(host, RECEIVE_BYTES);
    poller = (PollerBase<Slot>) backend.<Slot>openPoller();
  }

  @Override
  public void accept(long handle, ListenerBase listener, int credit) {
    begin(handle, listener, ACCEPT).credit = credit;
  }

  @Override
  public void connect(long handle, StreamBase socket) {
    begin(handle, socket, CONNECT);
  }

  @Override
  public void receive(long handle, StreamBase socket, int credit) {
    begin(handle, socket, RECEIVE).credit = credit;
  }

  @Override
  public int send(long handle, StreamBase socket, Chunk data) {
    int asked = data.buffer().remaining();
    int result = socket.trySend(data);
    if (result == Status.AGAIN || (result >= 0 && result < asked)) {
      begin(handle, socket, SEND); // a short send says that the buffer is full: no need to be told
    }
    return result;
  }

  @Override
  public void poll(long handle, Pollable source, int interest) {
    begin(handle, source, POLL).pollInterest = (byte) interest;
  }

  private Slot begin(long handle, Pollable source, int operation) {
    Slot slot = slots.get(handle);
    if (slot == null) {
      slot = new Slot(handle, source);
      slots.put(slot);
    }
    slot.requireNot(operation);
    slot.active |= operation;
    touch(slot);
    return slot;
  }

  private void touch(Slot slot) {
    if (!slot.dirty) {
      slot.dirty = true;
      dirty.add(slot);
    }
  }

  @Override
  public void cancel(long handle, int operations) {
    Slot slot = slots.get(handle);
    if (slot != null) {
      endAll(slot, operations & slot.active, Status.CANCELLED);
    }
  }

  private void endAll(Slot slot, int operations, int status) {
    if (operations == 0) {
      return;
    }
    slot.active &= ~operations;
    touch(slot);
    for (int rest = operations; rest != 0; rest &= rest - 1) {
      finals.add(slot.handle, Integer.lowestOneBit(rest), status);
    }
  }

  @Override
  public int run(long deadlineNanos, Completions completions) {
    sink = completions;
    suspect = null;
    try {
      reconcile();
      int _ = poller.selectNanos(timeout(deadlineNanos), this);
      finals.deliver(completions);
      return 0;
    } catch (IOException e) {
      failure = e;
      return Status.OTHER;
    } finally {
      sink = null;
    }
  }

  private long timeout(long deadlineNanos) {
    if (!finals.isEmpty()) {
      return 0;
    }
    return Durations.until(deadlineNanos, host.nanoTime());
  }

  private void reconcile() {
    // Those that nothing is wanted of first: one of the others may be the same source.
    for (int i = 0; i < dirty.size(); i++) {
      if (dirty.get(i).wanted() == 0) {
        reconcile(dirty.get(i));
      }
    }
    for (int i = 0; i < dirty.size(); i++) { // ending an operation may add to it
      reconcile(dirty.get(i));
    }
    dirty.clear();
  }

  /// Tells the poller what this source is wanted for now.
  private void reconcile(Slot slot) {
    if (!slot.dirty) {
      return;
    }
    slot.dirty = false;
    int wanted = slot.wanted();
    if (!slot.source.isOpen()) {
      endAll(slot, slot.active, Status.INVALID);
      slots.remove(slot.handle);
      return;
    }
    if (wanted == slot.registered) {
      return;
    }
    try {
      if (wanted == 0) {
        poller.unregister(slot.source);
      } else if (slot.registered == 0) {
        poller.register(slot.source, Interest.ofMask(wanted), slot);
      } else {
        poller.modify(slot.source, Interest.ofMask(wanted));
      }
      slot.registered = (byte) wanted;
    } catch (IOException e) {
      failure = e;
      slot.registered = 0;
      endAll(slot, slot.active, slot.source.isOpen() ? Status.OTHER : Status.INVALID);
    } catch (IllegalStateException _) { // it has operations through another handle
      endAll(slot, slot.active, Status.INVALID);
    }
  }

  /// Does the calls for which a source is ready.
  @Override
  public void ready(Slot slot, Readiness readiness) {
    int mask = readiness.mask();
    boolean in = (mask & (1 | PollerBase.HANGUP_OR_ERROR)) != 0;
    boolean out = (mask & (2 | PollerBase.HANGUP_OR_ERROR)) != 0;
    if (slot.active == 0) {
      suspect = slot.source; // nobody wants it, and it does not go away
    }
    // Each callback may cancel the operations after it, so each looks afresh.
    if (out && (slot.active & CONNECT) != 0) {
      finishConnect(slot);
    }
    if (in && (slot.active & ACCEPT) != 0) {
      acceptSome(slot, (ListenerBase) slot.source);
    }
    if (in && (slot.active & RECEIVE) != 0) {
      receiveOnce(slot, (StreamBase) slot.source);
    }
    if (out && (slot.active & SEND) != 0) {
      end(slot, SEND);
      completions().sent(slot.handle, 0);
    }
    if ((slot.active & POLL) != 0
        && (mask & (slot.pollInterest | PollerBase.HANGUP_OR_ERROR)) != 0) {
      end(slot, POLL);
      completions().polled(slot.handle, mask & (slot.pollInterest | PollerBase.HANGUP_OR_ERROR));
    }
  }

  private void finishConnect(Slot slot) {
    int status = ((StreamBase) slot.source).tryFinishConnect();
    if (status != Status.AGAIN) {
      end(slot, CONNECT);
      completions().finished(slot.handle, CONNECT, status);
    }
  }

  private void acceptSome(Slot slot, ListenerBase listener) {
    int dead = 0;
    while ((slot.active & ACCEPT) != 0 && dead < DEAD_ACCEPTS_MAX) {
      StreamBase connection = listener.tryAccept();
      if (connection != null) {
        slot.credit--;
        completions().accepted(slot.handle, connection);
        if (slot.credit == 0 && (slot.active & ACCEPT) != 0) {
          end(slot, ACCEPT);
          completions().finished(slot.handle, ACCEPT, Status.CREDIT);
          return; // it may be submitted again already: for the next turn
        }
      } else if (listener.acceptStatus() == Status.RESET) {
        dead++;
      } else {
        if (listener.acceptStatus() != Status.AGAIN) {
          end(slot, ACCEPT);
          completions().finished(slot.handle, ACCEPT, listener.acceptStatus());
        }
        return;
      }
    }
  }

  private void receiveOnce(Slot slot, StreamBase socket) {
    scratch.buffer().clear();
    int result = socket.tryReceive(scratch);
    if (result == Status.AGAIN) {
      suspect = socket;
      return;
    }
    if (result <= 0) {
      end(slot, RECEIVE);
      completions().finished(slot.handle, RECEIVE, result);
      return;
    }
    scratch.buffer().flip();
    slot.credit -= result;
    completions().received(slot.handle, scratch);
    if (slot.credit <= 0 && (slot.active & RECEIVE) != 0) {
      end(slot, RECEIVE);
      completions().finished(slot.handle, RECEIVE, Status.CREDIT);
    }
  }

  private void end(Slot slot, int operation) {
    slot.active &= ~operation;
    touch(slot);
  }

  private Completions completions() {
    Completions current = sink;
    if (current == null) {
      throw new IllegalStateException("readiness outside of run");
    }
    return current;
  }

  @Override
  public void wakeup() {
    poller.wakeup();
  }

  @Override
  public @Nullable Object suspect() {
    return suspect;
  }

  @Override
  public @Nullable IOException failure() {
    return failure;
  }

  @Override
  public void close() {
    try {
      poller.close();
    } catch (IOException e) {
      failure = e;
    }
  }
}
