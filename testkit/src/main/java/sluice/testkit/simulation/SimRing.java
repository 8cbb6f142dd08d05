package sluice.testkit.simulation;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.Pollable;
import sluice.linux.uring.Ring;
import sluice.spi.Chunk;
import sluice.spi.ListenerBase;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// A ring that never waits: see [SimHost]. Its failures are those of [Status], and [#CANCELLED].
///
/// It does what a kernel may do, at the latest moment at which it may: a request is looked at when
/// the ring is entered, in any order and perhaps not yet; the bytes of a send are read, and those
/// of a receive written, when it is carried out and not when it is submitted. So memory that is
/// reused too early is seen as spoilt bytes.
final class SimRing implements Ring {
  /// As a kernel says it: failures are negative.
  private static final int CANCELLED = -125;

  /// Of the draws when there is no room for a request.
  private static final int CROWDED = 1;

  private static final int BUFFERS_MAX_LOG = 4;
  private static final int BUFFER_BYTES_MAX = 16_384;
  private static final int COMPLETIONS_MAX = 64;
  private static final int ACCEPTS_PER_LOOK = 4;
  private static final int RECEIVES_PER_LOOK = 4;

  private enum Kind {
    ACCEPT,
    RECEIVE,
    SEND,
    POLL,
    CANCEL,
    CANCEL_ALL
  }

  /// A request from its submission to its last completion.
  private static final class Request {
    final Kind kind;
    final long id;
    final @Nullable SimSource source;

    /// Of a send.
    final @Nullable ByteBuffer data;

    /// What a receive may still bring; the interest of a poll.
    int bound;

    /// Its cancel came while it was being carried out.
    boolean cancelled;

    Request(Kind kind, long id, @Nullable SimSource source, @Nullable ByteBuffer data, int bound) {
      this.kind = kind;
      this.id = id;
      this.source = source;
      this.data = data;
      this.bound = bound;
    }

    SimSource source() {
      return Objects.requireNonNull(source);
    }
  }

  private record Completion(Request request, int result, boolean more, @Nullable Chunk buffer) {}

  private final SimNetwork network;
  private final SimHost.LoopActor loop;
  private final SplitMix random;
  private final SplitMix crowded;
  private final SimBuffers buffers;

  /// Whether one request receives until its credit is used up; older kernels receive once.
  private final boolean bounded;

  /// So many completions can be seen at once; the rest when the ring is entered again.
  private final int room;

  private final ArrayDeque<Request> submitted = new ArrayDeque<>();
  private final List<Request> armed = new ArrayList<>();
  private final IdentityHashMap<SimSource, Integer> watched = new IdentityHashMap<>();
  private final ArrayDeque<Completion> completions = new ArrayDeque<>();
  private int visible;
  private @Nullable Completion at;
  private boolean woken;

  SimRing(SimBackend backend) {
    network = backend.network();
    loop = backend.host().currentLoop();
    random = loop.random.split(1);
    crowded = random.split(CROWDED);
    int count = 1 << random.below(BUFFERS_MAX_LOG + 1);
    buffers = new SimBuffers(network, count, random.logarithmic(16, BUFFER_BYTES_MAX));
    bounded = !random.onceIn(3);
    room = random.logarithmic(1, COMPLETIONS_MAX);
  }

  // Submitting

  @Override
  public void accept(long id, ListenerBase listener) {
    submit(new Request(Kind.ACCEPT, id, (SimSource) listener, null, 0));
  }

  @Override
  public void receive(long id, StreamBase socket, int credit) {
    submit(new Request(Kind.RECEIVE, id, (SimSource) socket, null, credit));
  }

  @Override
  public void send(long id, StreamBase socket, Chunk data) {
    ByteBuffer bytes = data.buffer().duplicate();
    submit(new Request(Kind.SEND, id, (SimSource) socket, bytes, 0));
  }

  @Override
  public void poll(long id, Pollable source, int interest) {
    submit(new Request(Kind.POLL, id, (SimSource) source, null, interest));
  }

  @Override
  public void cancel(long target) {
    submit(new Request(Kind.CANCEL, target, null, null, 0));
  }

  @Override
  public void cancelAll() {
    submit(new Request(Kind.CANCEL_ALL, 0, null, null, 0));
  }

  private void submit(Request request) {
    if (request.source != null) {
      network.note(Trace.Event.SUBMIT, request.source.id(), request.bound);
    }
    submitted.add(request);
    if (network.faults.strikes(Fault.SUBMISSION_FULL, crowded)) {
      beginSubmitted();
      boolean _ = lookAtAll();
    }
  }

  // Entering

  @Override
  public int enter(long timeoutNanos) {
    loop.maybeStall();
    buffers.publish();
    boolean refused = !completions.isEmpty() && network.faults.strikes(Fault.RING_BUSY, random);
    boolean early = timeoutNanos > 0 && network.faults.strikes(Fault.EARLY_RETURN, random);
    boolean withheld = false;
    if (!refused) {
      beginSubmitted();
      withheld = lookAtAll();
    }
    visible = Math.min(completions.size(), room);
    if (visible < completions.size()) {
      network.faults.count(Fault.COMPLETION_OVERFLOW);
    }
    if (visible > 0 || timeoutNanos == 0 || early || woken) {
      woken = false;
      return 0;
    }
    loop.sleep(timeoutNanos, withheld, random);
    return LATER;
  }

  private void beginSubmitted() {
    while (!submitted.isEmpty()) {
      begin(submitted.remove());
    }
  }

  private void begin(Request request) {
    switch (request.kind) {
      case CANCEL -> armed.stream().filter(r -> r.id == request.id).toList().forEach(this::cancel);
      case CANCEL_ALL -> List.copyOf(armed).forEach(this::cancel);
      default -> {
        armed.add(request);
        SimSource source = request.source();
        if (watched.merge(source, 1, Integer::sum) == 1) {
          source.watch(() -> changed(source));
        }
      }
    }
  }

  private void cancel(Request request) {
    if (network.faults.strikes(Fault.LATE_CANCEL, random)) {
      request.cancelled = true;
    } else {
      end(request, CANCELLED, null);
    }
  }

  private void changed(SimSource source) {
    for (Request request : armed) {
      if (request.source().equals(source) && isReady(request)) {
        loop.wake();
        return;
      }
    }
  }

  private boolean isReady(Request request) {
    int asked =
        switch (request.kind) {
          case SEND -> SimSocket.WRITE;
          case POLL -> request.bound;
          default -> SimSocket.READ;
        };
    return (request.source().readiness() & (asked | SimSocket.ALWAYS)) != 0;
  }

  /// Looks at the requests in progress, in any order; true if one should be looked at soon again.
  private boolean lookAtAll() {
    boolean withheld = false;
    List<Request> order = new ArrayList<>(armed);
    for (int left = order.size(); left > 0; left--) {
      int i = random.below(left);
      Request request = order.get(i);
      order.set(i, order.get(left - 1));
      boolean due = request.cancelled || isReady(request) || isOutOfBuffers(request);
      if (due && network.faults.strikes(Fault.SUBSET_READINESS, random)) {
        network.progress++;
        withheld = true;
      } else {
        if (due) {
          carryOut(request);
        }
        if (armed.contains(request)) {
          withheld |= isReady(request);
          afterLook(request);
        }
      }
    }
    return withheld;
  }

  private void afterLook(Request request) {
    if (request.cancelled) {
      end(request, CANCELLED, null);
    } else if (request.kind == Kind.POLL
        && network.faults.strikes(Fault.SPURIOUS_READINESS, random)) {
      end(request, request.bound, null);
    }
  }

  /// A kernel that has no buffer says so at once, and not when data comes.
  private boolean isOutOfBuffers(Request request) {
    return request.kind == Kind.RECEIVE && buffers.isEmpty();
  }

  private void carryOut(Request request) {
    switch (request.kind) {
      case ACCEPT -> acceptSome(request, (SimListener) request.source());
      case RECEIVE -> receiveSome(request, stream(request));
      case SEND -> {
        int result = stream(request).doSend(Objects.requireNonNull(request.data));
        if (result != Status.AGAIN) {
          end(request, result, null);
        }
      }
      default -> {
        int mask = request.source().readiness() & (request.bound | SimSocket.ALWAYS);
        if (mask != 0) {
          end(request, mask, null);
        }
      }
    }
  }

  private SimStream stream(Request request) {
    SimStream stream = (SimStream) request.source();
    if (!network.streams.contains(stream)) {
      network.violate("late", stream.id(), request.kind + " in progress on a freed socket");
    }
    return stream;
  }

  private void acceptSome(Request request, SimListener listener) {
    for (int i = 0; i < ACCEPTS_PER_LOOK; i++) {
      int result = listener.takeConnection();
      if (result == Status.AGAIN) {
        return;
      }
      if (result < 0 || endsByItself()) {
        end(request, result, null);
        return;
      }
      post(request, result, true, null);
    }
  }

  private void receiveSome(Request request, SimStream stream) {
    for (int i = 0; i < RECEIVES_PER_LOOK; i++) {
      Chunk picked = buffers.pick();
      if (picked == null) {
        network.faults.count(Fault.NO_BUFFERS);
        end(request, Status.NO_MEMORY, null);
        return;
      }
      ByteBuffer space = picked.buffer();
      space.limit(Math.min(space.limit(), request.bound));
      int result = stream.doReceive(space);
      if (result <= 0 && (result == Status.AGAIN || random.onceIn(2))) {
        buffers.unpick(picked);
        picked = null;
      }
      if (result == Status.AGAIN) {
        return;
      }
      if (result > 0) {
        request.bound -= result;
      }
      if (result <= 0 || !bounded || request.bound == 0 || endsByItself()) {
        end(request, result, picked);
        return;
      }
      post(request, result, true, picked);
    }
  }

  /// A kernel may end a request that has not come to its end: for want of room for a completion.
  private boolean endsByItself() {
    return network.faults.strikes(Fault.REQUEST_ENDS, random);
  }

  private void end(Request request, int result, @Nullable Chunk buffer) {
    armed.remove(request);
    SimSource source = request.source();
    int left = watched.merge(source, -1, Integer::sum);
    if (left == 0) {
      watched.remove(source);
      source.watch(null);
    }
    post(request, result, false, buffer);
  }

  private void post(Request request, int result, boolean more, @Nullable Chunk buffer) {
    network.progress++;
    network.note(Trace.Event.COMPLETE, request.source().id(), result);
    completions.add(new Completion(request, result, more, buffer));
  }

  @Override
  public void wakeup() {
    woken = true;
    loop.wake();
    loop.maybeInterleave();
  }

  // Completions

  @Override
  public boolean next() {
    if (visible == 0) {
      at = null;
      return false;
    }
    visible--;
    at = completions.remove();
    return true;
  }

  private Completion current() {
    return Objects.requireNonNull(at, "no completion");
  }

  @Override
  public long id() {
    return current().request.id;
  }

  @Override
  public int result() {
    return current().result;
  }

  @Override
  public boolean hasMore() {
    return current().more;
  }

  @Override
  public int status(int result) {
    return result == CANCELLED ? Status.CANCELLED : result;
  }

  @Override
  public int readiness() {
    return current().result;
  }

  @Override
  public @Nullable Chunk buffer() {
    Chunk filled = current().buffer;
    return filled == null ? null : buffers.take(filled);
  }

  @Override
  public boolean hasBuffers() {
    return buffers.areLeft();
  }

  @Override
  public void discard(int accepted) {
    network.claim(accepted).close(true);
  }

  @Override
  public @Nullable IOException failure() {
    return null;
  }

  @Override
  public void close() {
    submitted.removeIf(request -> request.source == null); // the cancel of what has ended
    if (!armed.isEmpty() || !submitted.isEmpty() || !completions.isEmpty()) {
      network.violate("leak", -1, "the ring is closed with requests in progress");
    }
    watched.keySet().forEach(source -> source.watch(null));
    buffers.close();
  }
}
