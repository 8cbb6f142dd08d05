package sluice.linux.uring;

import static sluice.spi.Operations.ACCEPT;
import static sluice.spi.Operations.CONNECT;
import static sluice.spi.Operations.POLL;
import static sluice.spi.Operations.RECEIVE;
import static sluice.spi.Operations.SEND;

import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import sluice.Pollable;
import sluice.spi.Chunk;
import sluice.spi.Completions;
import sluice.spi.Driver;
import sluice.spi.DriverSlots;
import sluice.spi.Durations;
import sluice.spi.Finals;
import sluice.spi.Host;
import sluice.spi.ListenerBase;
import sluice.spi.PollableBase;
import sluice.spi.PollerBase;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// Operations as requests of a [Ring].
///
/// - **Memory that is the kernel's stays so until the last completion.** A send's chunk is its
///   sender's to keep until it is reported; a receive takes buffers of the ring itself.
/// - **A source in use by a request is not freed**: closed by whomever, its number is not another's
///   before the last completion.
/// - **A request's id is its handle and its kind**, of which one at a time is in progress; a cancel
///   is ahead of every later request in the queue, so it never meets one of the same id.
/// - **One request, many completions.** An accept or a receive goes on until the kernel says that
///   nothing more comes; then it is submitted again if there is credit left.
public final class UringDriver implements Driver {
  private static final long HANDLE_MASK = 0xFFFF_FFFF_FFFFL;
  private static final int KIND_SHIFT = 48;
  private static final int READABLE = 1;
  private static final int WRITABLE = 2;
  private static final int RECEIVE_BYTES = 64 * 1024;

  /// Completions that are handled before the kernel is entered again.
  private static final int COMPLETIONS_PER_TURN = 4096;

  /// How often [#close] enters the ring to see the end of what is in progress.
  private static final int CLOSE_TURNS_MAX = 1000;

  private static final long CLOSE_TURN_NANOS = 10_000_000;

  // What the loop is doing, for those who wake it.
  private static final int AWAKE = 0;
  private static final int ASLEEP = 1;
  private static final int WOKEN = 2;

  /// What is in progress for one handle.
  private static final class Slot extends DriverSlots.Slot {
    final PollableBase source;

    /// The part of what is in progress that the ring has a request for.
    int requested;

    /// The part of it that is being cancelled, by the loop.
    int cancelled;

    /// The part of it that waits for readiness, and then does the call itself.
    int polling;

    byte pollInterest;

    /// How much is still to be received, or accepted.
    int credit;

    /// The stream has ended, which is not told before the send in progress has.
    boolean endWaits;

    Slot(long handle, PollableBase source) {
      super(handle);
      this.source = source;
    }
  }

  private final Host host;
  private final Ring ring;
  private final Chunk scratch;
  private final AtomicInteger state = new AtomicInteger(AWAKE);
  private final Finals finals = new Finals();

  /// Accepts whose listener has connections that were given back.
  private final List<Slot> givenBack = new ArrayList<>();

  /// By source: as in a poller, one handle at a time waits for its readiness.
  private final IdentityHashMap<Pollable, Slot> polled = new IdentityHashMap<>();

  private final DriverSlots<Slot> slots = new DriverSlots<>();
  private int requests;
  private @Nullable Completions sink;

  /// Makes a driver of `ring`, which it closes.
  public UringDriver(Host host, Ring ring) {
    this.host = host;
    this.ring = ring;
    scratch = Chunk.shared(host, RECEIVE_BYTES);
  }

  // Submitting

  @Override
  public void accept(long handle, ListenerBase listener, int credit) {
    Slot slot = begin(handle, listener, ACCEPT);
    if (slot != null) {
      slot.credit = credit;
      if (listener.hasGivenBack()) {
        givenBack.add(slot);
      } else {
        request(slot, ACCEPT);
      }
    }
  }

  @Override
  public void connect(long handle, StreamBase socket) {
    Slot slot = begin(handle, socket, CONNECT);
    if (slot != null) {
      request(slot, CONNECT);
    }
  }

  @Override
  public void receive(long handle, StreamBase socket, int credit) {
    Slot slot = begin(handle, socket, RECEIVE);
    if (slot == null) {
      return;
    }
    slot.credit = credit;
    int refusal = socket.receiveRefusal();
    if (refusal < 0) {
      end(slot, RECEIVE);
      finals.add(handle, RECEIVE, refusal);
    } else {
      if (!ring.hasBuffers()) {
        slot.polling |= RECEIVE;
      }
      request(slot, RECEIVE);
    }
  }

  @Override
  public int send(long handle, StreamBase socket, Chunk data) {
    int refusal = socket.sendRefusal();
    if (refusal < 0 || !data.buffer().hasRemaining()) {
      return refusal;
    }
    if (data.isShared()) {
      return sendNow(handle, socket, data);
    }
    Slot slot = tryBegin(handle, socket, SEND);
    if (slot == null) {
      return Status.INVALID;
    }
    slot.requested |= SEND;
    requests++;
    ring.send(id(slot, SEND), socket, data);
    return Status.IN_FLIGHT;
  }

  /// Memory that is only lent cannot be the kernel's, so the call is made here.
  private int sendNow(long handle, StreamBase socket, Chunk data) {
    int asked = data.buffer().remaining();
    int result = socket.trySend(data);
    if (result == Status.AGAIN || (result >= 0 && result < asked)) {
      Slot slot = begin(handle, socket, SEND);
      if (slot != null) {
        slot.polling |= SEND;
        request(slot, SEND);
      }
    }
    return result;
  }

  @Override
  public void poll(long handle, Pollable source, int interest) {
    Slot slot = begin(handle, (PollableBase) source, POLL);
    if (slot == null) {
      return;
    }
    if (polled.putIfAbsent(source, slot) == null) {
      slot.pollInterest = (byte) interest;
      request(slot, POLL);
    } else {
      end(slot, POLL);
      finals.add(handle, POLL, Status.INVALID);
    }
  }

  /// Notes that an operation is in progress. Null, and the operation has ended, if its source is
  /// closed.
  private @Nullable Slot begin(long handle, PollableBase source, int operation) {
    Slot slot = tryBegin(handle, source, operation);
    if (slot == null) {
      finals.add(handle, operation, Status.INVALID);
    }
    return slot;
  }

  private @Nullable Slot tryBegin(long handle, PollableBase source, int operation) {
    Slot slot = slots.get(handle);
    if (slot == null) {
      slot = new Slot(handle, source);
      slots.put(slot);
    }
    slot.requireNot(operation);
    if (!source.acquire()) {
      return null;
    }
    slot.active |= operation;
    return slot;
  }

  private static long id(Slot slot, int operation) {
    return (long) Integer.numberOfTrailingZeros(operation) << KIND_SHIFT | slot.handle;
  }

  /// Submits what an operation needs from the ring now.
  private void request(Slot slot, int operation) {
    slot.requested |= operation;
    requests++;
    long id = id(slot, operation);
    boolean polls = (slot.polling & operation) != 0;
    switch (operation) {
      case ACCEPT -> ring.accept(id, (ListenerBase) slot.source);
      case RECEIVE -> {
        if (polls) {
          ring.poll(id, (Pollable) slot.source, READABLE);
        } else {
          ring.receive(id, (StreamBase) slot.source, slot.credit);
        }
      }
      case POLL -> ring.poll(id, (Pollable) slot.source, slot.pollInterest);
      default -> ring.poll(id, (Pollable) slot.source, WRITABLE);
    }
  }

  @Override
  public void cancel(long handle, int operations) {
    Slot slot = slots.get(handle);
    if (slot == null) {
      return;
    }
    for (int rest = operations & slot.active & ~slot.cancelled; rest != 0; rest &= rest - 1) {
      int operation = Integer.lowestOneBit(rest);
      slot.cancelled |= operation;
      if ((slot.requested & operation) != 0) {
        ring.cancel(id(slot, operation));
      }
    }
  }

  // Running

  @Override
  public int run(long deadlineNanos, Completions completions) {
    sink = completions;
    try {
      while (true) {
        boolean pending = !finals.isEmpty() || !givenBack.isEmpty();
        long remaining = pending ? 0 : remaining(deadlineNanos);
        boolean sleep = remaining > 0 && state.compareAndSet(AWAKE, ASLEEP);
        int result = ring.enter(sleep ? remaining : 0);
        if (result == Ring.LATER) {
          return 0;
        }
        boolean woken = state.getAndSet(AWAKE) == WOKEN;
        if (result < 0) {
          return result;
        }
        boolean told = reap();
        deliverGivenBack();
        finals.deliver(completions);
        if (told || pending || woken || remaining(deadlineNanos) == 0) {
          return 0;
        }
      }
    } finally {
      sink = null;
    }
  }

  private long remaining(long deadlineNanos) {
    return Durations.until(deadlineNanos, host.nanoTime());
  }

  /// Handles the completions that are there; false if there were none.
  private boolean reap() {
    int count = 0;
    while (count < COMPLETIONS_PER_TURN && ring.next()) {
      count++;
      complete(ring.id(), ring.result(), !ring.hasMore());
    }
    return count > 0;
  }

  private void complete(long id, int result, boolean last) {
    int operation = 1 << (int) (id >>> KIND_SHIFT);
    Slot slot = slots.get(id & HANDLE_MASK);
    if (slot == null || (slot.requested & operation) == 0) {
      throw new IllegalStateException("a completion of nothing: " + Long.toHexString(id));
    }
    if (last) {
      slot.requested &= ~operation;
      requests--;
    }
    switch (operation) {
      case ACCEPT -> accepted(slot, result, last);
      case RECEIVE -> {
        if ((slot.polling & RECEIVE) != 0) {
          receiveNow(slot, result);
        } else {
          received(slot, result, last);
        }
      }
      case SEND -> sent(slot, result);
      case CONNECT -> connected(slot, result);
      default -> polled(slot, result);
    }
  }

  /// Ends an operation. If it was cancelled meanwhile and neither ended by itself nor failed, that
  /// is how it ended.
  private void finish(Slot slot, int operation, int status) {
    int outcome = isCancelled(slot, operation) && status > Status.END ? Status.CANCELLED : status;
    end(slot, operation);
    completions().finished(slot.handle, operation, outcome);
  }

  private void end(Slot slot, int operation) {
    slot.active &= ~operation;
    slot.cancelled &= ~operation;
    slot.polling &= ~operation;
    slot.source.release();
  }

  private boolean isCancelled(Slot slot, int operation) {
    return (slot.cancelled & operation) != 0;
  }

  private void accepted(Slot slot, int result, boolean last) {
    ListenerBase listener = (ListenerBase) slot.source;
    int status = Status.AGAIN;
    if (!isCancelledResult(result)) {
      StreamBase connection = listener.completeAccept(result);
      if (connection == null) {
        status = listener.acceptStatus();
      } else if (slot.credit == 0 || isCancelled(slot, ACCEPT)) {
        listener.giveBack(connection);
      } else {
        slot.credit--;
        completions().accepted(slot.handle, connection);
        if (slot.credit == 0 && !last && !isCancelled(slot, ACCEPT)) {
          ring.cancel(id(slot, ACCEPT));
        }
      }
    }
    if (!last) {
      return;
    }
    if (isCancelled(slot, ACCEPT) || slot.credit == 0) {
      finish(slot, ACCEPT, Status.CREDIT);
    } else if (status < Status.AGAIN && status != Status.RESET) {
      finish(slot, ACCEPT, status);
    } else {
      request(slot, ACCEPT);
    }
  }

  private boolean isCancelledResult(int result) {
    return result < 0 && ring.status(result) == Status.CANCELLED;
  }

  /// Begins accepts with the connections that the listener has already.
  private void deliverGivenBack() {
    for (int i = givenBack.size(); i > 0; i--) {
      Slot slot = givenBack.removeFirst();
      ListenerBase listener = (ListenerBase) slot.source;
      while (slot.credit > 0 && listener.hasGivenBack() && !isCancelled(slot, ACCEPT)) {
        StreamBase connection = listener.tryAccept();
        if (connection != null) {
          slot.credit--;
          completions().accepted(slot.handle, connection);
        }
      }
      if (isCancelled(slot, ACCEPT) || slot.credit == 0) {
        finish(slot, ACCEPT, Status.CREDIT);
      } else {
        request(slot, ACCEPT);
      }
    }
  }

  private void received(Slot slot, int result, boolean last) {
    Chunk chunk = ring.buffer();
    if (result > 0 && chunk != null) {
      chunk.buffer().limit(result);
      slot.credit -= result;
      completions().received(slot.handle, chunk);
    }
    if (chunk != null && !chunk.isRetained()) {
      chunk.release();
    }
    if (!last) {
      return;
    }
    if (result == 0) {
      streamEnded(slot);
    } else if (result > 0 || isCancelledResult(result)) {
      goOnReceiving(slot);
    } else {
      int status = ring.status(result);
      if (status == Status.NO_MEMORY || status == Status.AGAIN) {
        slot.polling |= RECEIVE; // no buffers are left: copies do it, until the credit is used up
        goOnReceiving(slot);
      } else {
        finish(slot, RECEIVE, ((StreamBase) slot.source).completeReceive(result));
      }
    }
  }

  /// After a reset one call is told so, and every other that the stream has ended. If the send was
  /// the first and its completion is behind, the end would look like a good one.
  private void streamEnded(Slot slot) {
    boolean sends = (slot.requested & SEND) != 0;
    if (sends && ((StreamBase) slot.source).isHungUp()) { // so that the send ends, too
      slot.endWaits = true;
    } else {
      finish(slot, RECEIVE, Status.END);
    }
  }

  private void goOnReceiving(Slot slot) {
    if (isCancelled(slot, RECEIVE) || slot.credit <= 0) {
      finish(slot, RECEIVE, Status.CREDIT);
    } else {
      request(slot, RECEIVE);
    }
  }

  /// Readable, so the call is made here, into memory that is only lent.
  private void receiveNow(Slot slot, int result) {
    if (isCancelledResult(result)) {
      goOnReceiving(slot);
      return;
    }
    scratch.buffer().clear();
    int count = ((StreamBase) slot.source).tryReceive(scratch);
    if (count > 0) {
      scratch.buffer().flip();
      slot.credit -= count;
      completions().received(slot.handle, scratch);
      goOnReceiving(slot);
    } else if (count == Status.AGAIN) {
      goOnReceiving(slot);
    } else if (count == Status.END) {
      streamEnded(slot);
    } else {
      finish(slot, RECEIVE, count);
    }
  }

  private void sent(Slot slot, int result) {
    if (isCancelledResult(result)) {
      finish(slot, SEND, Status.CANCELLED);
    } else {
      boolean polled = (slot.polling & SEND) != 0;
      int status = polled ? 0 : ((StreamBase) slot.source).completeSend(result);
      end(slot, SEND);
      completions().sent(slot.handle, status == Status.AGAIN ? 0 : status);
    }
    if (slot.endWaits) {
      slot.endWaits = false;
      finish(slot, RECEIVE, Status.END);
    }
  }

  private void connected(Slot slot, int result) {
    if (isCancelledResult(result)) {
      finish(slot, CONNECT, Status.CANCELLED);
      return;
    }
    int status = ((StreamBase) slot.source).tryFinishConnect();
    if (status == Status.AGAIN && !isCancelled(slot, CONNECT)) {
      request(slot, CONNECT);
    } else {
      finish(slot, CONNECT, status == Status.AGAIN ? Status.CANCELLED : status);
    }
  }

  private void polled(Slot slot, int result) {
    polled.remove((Pollable) slot.source);
    if (isCancelledResult(result)) {
      finish(slot, POLL, Status.CANCELLED);
    } else if (result < 0) {
      finish(slot, POLL, ring.status(result));
    } else {
      int readiness = ring.readiness() & (slot.pollInterest | PollerBase.HANGUP_OR_ERROR);
      end(slot, POLL);
      completions().polled(slot.handle, readiness);
    }
  }

  private Completions completions() {
    Completions current = sink;
    if (current == null) {
      throw new IllegalStateException("completion outside of run");
    }
    return current;
  }

  @Override
  public void wakeup() {
    if (state.getAndSet(WOKEN) == ASLEEP) {
      ring.wakeup();
    }
  }

  @Override
  public @Nullable IOException failure() {
    return ring.failure();
  }

  /// Memory and descriptors of requests in progress are the kernel's, so their end is waited for.
  @Override
  public void close() {
    if (requests > 0) {
      ring.cancelAll();
    }
    for (int turn = 0; requests > 0 && turn < CLOSE_TURNS_MAX; turn++) {
      if (ring.enter(CLOSE_TURN_NANOS) < 0) {
        break;
      }
      while (ring.next()) {
        drop(ring.id(), ring.result(), !ring.hasMore());
      }
    }
    slots.forEach(this::abandon);
    ring.close();
  }

  private void abandon(Slot slot) {
    for (int rest = slot.active & ~slot.requested; rest != 0; rest &= rest - 1) {
      end(slot, Integer.lowestOneBit(rest));
    }
  }

  private void drop(long id, int result, boolean last) {
    int operation = 1 << (int) (id >>> KIND_SHIFT);
    if (operation == ACCEPT && result >= 0) {
      ring.discard(result);
    }
    Slot slot = slots.get(id & HANDLE_MASK);
    if (last) {
      requests--;
      if (slot != null) {
        slot.requested &= ~operation;
      }
    }
  }
}
