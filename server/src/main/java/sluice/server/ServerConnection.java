package sluice.server;

import static sluice.spi.Operations.RECEIVE;
import static sluice.spi.Operations.SEND;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.internal.loop.Endpoint;
import sluice.internal.loop.Failures;
import sluice.internal.loop.Loop;
import sluice.spi.Chunk;
import sluice.spi.Printable;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// One client. The public methods are thread-safe; everything else is confined to its loop.
///
/// # Life
///
/// `OPEN`, until someone closes it. `FLUSHING`: nothing more is taken; what is queued is sent, then
/// the end of the stream. `LINGERING`: what the client still sends is read and dropped, because a
/// close with unread input becomes a reset, which destroys the answer on its way. `ENDING`: the
/// operations in progress were cancelled; when the last has ended the socket is closed and
/// [ConnectionHandler#onClose] is told.
///
/// # Output
///
/// Nothing is sent inside a callback. What the handler writes is queued, except that the first
/// write of the very buffer that was lent is only noted; when the callback returns it goes to the
/// system straight from where it was received, and only what the system does not take is copied.
///
/// # Other threads
///
/// They leave writes in a queue and wishes in a set of bits, and see to it that the loop looks at
/// both, once, soon. So no number of calls fills the loop's own queue.
final class ServerConnection implements Connection, Endpoint {
  private enum State {
    OPEN,
    FLUSHING,
    LINGERING,
    ENDING,
    CLOSED
  }

  private enum Callback {
    OPEN,
    DATA,
    WRITABLE,
    INPUT_CLOSED
  }

  // Wishes of other threads.
  private static final int PAUSE = 1;
  private static final int RESUME = 2;
  private static final int CLOSE = 4;
  private static final int ABORT = 8;
  private static final int OUT_HARD = 16;

  /// A write of another thread.
  ///
  /// @param toldFalse whether its caller now waits for [ConnectionHandler#onWritable]
  private record ForeignWrite(ByteBuffer data, boolean toldFalse) {}

  private final Server server;
  private final Loop loop;
  private final StreamBase socket;
  private final ConnectionHandler handler;
  private final SocketAddress remote;
  private final OutputQueue output;
  private long handle;

  private State state = State.OPEN;
  private CloseReason reason = CloseReason.OK;
  private boolean reset;
  private int inProgress;
  private boolean cancellingReceive;
  private EventLoop.@Nullable Registration lingerTimer;
  private EventLoop.@Nullable Registration stallTimer;

  // Reading stops while one of these holds.
  private boolean pausedByHandler;
  private boolean pausedByOutput;

  private boolean inputEnded;
  private boolean inputEndTold;
  private int lingered;

  /// What arrived after the handler had paused, or what it has left for later.
  private @Nullable OutputQueue held;

  private boolean heldQueued;
  private boolean keepsRest;

  /// What wrapping handlers keep with this connection, by wrapper.
  private @Nullable IdentityHashMap<Object, Object> states;

  private boolean inCallback;
  private boolean stepQueued;
  private boolean owesWritable;
  private boolean writableQueued;

  /// The buffer lent to the callback in progress, and the part of it that the handler wrote.
  private @Nullable Chunk lent;

  private int lentStart;
  private int lentEnd;

  /// Why nothing can be sent any more, though there may be input left; 0 if it can.
  private int outputFailure;

  private long sentBytes;
  private long sentBytesAtStall;
  private int unsentAtStall;
  private int stalls;

  private final Queue<ForeignWrite> foreign = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wishes = new AtomicInteger();
  private final AtomicBoolean called = new AtomicBoolean();

  /// Bytes taken from callers of any thread and not yet by the system.
  private final AtomicLong pending = new AtomicLong();

  private volatile boolean open = true;

  ServerConnection(Server server, Loop loop, StreamBase socket, ConnectionHandler handler) {
    this.server = server;
    this.loop = loop;
    this.socket = socket;
    this.handler = handler;
    this.remote = peer(socket);
    this.output = new OutputQueue(loop.chunks());
  }

  private static SocketAddress peer(StreamBase socket) {
    try {
      return socket.remoteAddress();
    } catch (IOException _) {
      return UnixDomainSocketAddress.of(""); // reset before it was accepted; reading tells
    }
  }

  void start() {
    handle = loop.attach(this);
    callback(Callback.OPEN, null);
  }

  // Input

  @Override
  public void received(Chunk chunk) {
    if (state != State.OPEN) {
      lingered += chunk.buffer().remaining();
      if (state == State.LINGERING && lingered > Limits.LINGER_BYTES) {
        end();
      }
    } else if (pausedByHandler || pausedByOutput || held != null) {
      hold(chunk.buffer());
    } else {
      lent = chunk;
      lentStart = 0;
      lentEnd = 0;
      ByteBuffer data = chunk.view();
      deliver(data);
      if (keepsRest) {
        hold(data);
      }
      step();
      lent = null;
    }
  }

  /// Hands `data` to the handler. If it keeps the rest, `keepsRest` says so.
  private void deliver(ByteBuffer data) {
    keepsRest = false;
    callback(Callback.DATA, data);
    keepsRest &= state == State.OPEN && data.hasRemaining();
  }

  private void hold(ByteBuffer data) {
    OutputQueue queue = held;
    if (queue == null) {
      queue = held = new OutputQueue(loop.chunks());
    }
    queue.append(data);
  }

  /// Delivers some of what was held; the rest, if any, on another turn.
  private void deliverHeld() {
    heldQueued = false;
    OutputQueue queue = held;
    if (queue == null || state != State.OPEN || pausedByHandler || pausedByOutput) {
      return;
    }
    if (!queue.isEmpty()) {
      ByteBuffer data = queue.head().view();
      int count = data.remaining();
      deliver(data);
      if (held == null) {
        return; // closed meanwhile, and freed
      }
      queue.advance(keepsRest ? count - data.remaining() : count);
    }
    if (queue.isEmpty()) {
      held = null;
    }
    step();
  }

  /// Returns what `key` keeps with this connection, made by `create` when it is first asked for.
  <T> T state(Object key, Supplier<T> create) {
    IdentityHashMap<Object, Object> all = states;
    if (all == null) {
      states = all = new IdentityHashMap<>(2);
    }
    @SuppressWarnings("unchecked") // each key has one type
    T present = (T) all.computeIfAbsent(key, _ -> create.get());
    return present;
  }

  /// Tells whether a handler that has more to deliver should go on doing so.
  boolean wantsMore() {
    return open && !pausedByHandler && pending.get() <= Limits.OUTPUT_HIGH_BYTES;
  }

  /// Asks for what is left of the data to be delivered again, when [#wantsMore] holds.
  void keepRest() {
    keepsRest = true;
  }

  @Override
  public void finished(int operation, int status) {
    inProgress &= ~operation;
    if (operation == RECEIVE) {
      cancellingReceive = false;
    }
    if (state == State.ENDING) {
      endIfIdle();
    } else if (operation == RECEIVE && status == Status.END) {
      inputEnded = true;
      if (outputFailure != 0) {
        fail(outputFailure);
      } else if (state == State.LINGERING) {
        end();
      } else {
        step();
      }
    } else if (status < 0) {
      fail(status);
    } else {
      step();
    }
  }

  // Output

  @Override
  public boolean write(ByteBuffer src) {
    return loop.inLoop() ? writeHere(src) : writeFromElsewhere(src);
  }

  private boolean writeHere(ByteBuffer src) {
    takeForeign();
    if (!open) {
      return false;
    }
    if (pending.get() >= Limits.OUTPUT_HARD_BYTES) {
      close(CloseReason.OUT_HARD, true);
      return false;
    }
    int count = src.remaining();
    Chunk chunk = lent;
    if (chunk != null && chunk.isView(src) && lentEnd == 0 && output.isEmpty()) {
      lentStart = src.position();
      lentEnd = src.limit();
      src.position(src.limit());
    } else {
      queueLent();
      output.append(src);
    }
    if (!inCallback && !stepQueued) {
      stepQueued = true;
      loop.enqueue(() -> {
        stepQueued = false;
        step();
      });
    }
    boolean goOn = pending.addAndGet(count) <= Limits.OUTPUT_HIGH_BYTES;
    owesWritable |= !goOn;
    return goOn;
  }

  /// Another write follows the lent bytes, so they are queued before it.
  private void queueLent() {
    Chunk chunk = lent;
    if (chunk != null && lentEnd > lentStart) {
      chunk.buffer().limit(lentEnd).position(lentStart);
      output.append(chunk.buffer());
      lentStart = lentEnd;
    }
  }

  private boolean writeFromElsewhere(ByteBuffer src) {
    if (!open) {
      return false;
    }
    if (pending.get() >= Limits.OUTPUT_HARD_BYTES) {
      wish(OUT_HARD);
      return false;
    }
    int count = src.remaining();
    if (count == 0) {
      return pending.get() <= Limits.OUTPUT_HIGH_BYTES;
    }
    ByteBuffer copy = ByteBuffer.allocate(count).put(src).flip();
    boolean goOn = pending.addAndGet(count) <= Limits.OUTPUT_HIGH_BYTES;
    foreign.add(new ForeignWrite(copy, !goOn));
    callLoop();
    return goOn;
  }

  private void takeForeign() {
    for (ForeignWrite next = foreign.poll(); next != null; next = foreign.poll()) {
      owesWritable |= next.toldFalse;
      if (state == State.OPEN && outputFailure == 0) {
        queueLent();
        output.append(next.data);
      } else {
        pending.addAndGet(-next.data.remaining());
      }
    }
  }

  @Override
  public void sent(int result) {
    inProgress &= ~SEND;
    if (state == State.ENDING) {
      endIfIdle();
    } else if (result < 0) {
      outputFailed(result);
    } else {
      if (result > 0) {
        output.advance(result);
        taken(result);
      }
      step();
    }
  }

  private void taken(int count) {
    pending.addAndGet(-count);
    sentBytes += count;
  }

  /// Sends what there is, as far as the system takes it.
  private void flush() {
    Chunk chunk = lent;
    if (chunk != null && lentEnd > lentStart) {
      if ((inProgress & SEND) == 0) {
        chunk.buffer().limit(lentEnd).position(lentStart);
        lentStart += send(chunk);
      }
      queueLent();
    }
    while (!output.isEmpty() && (inProgress & SEND) == 0 && outputFailure == 0) {
      output.advance(send(output.head()));
    }
    if (outputFailure != 0) {
      dropOutput();
    }
  }

  /// Submits a send and returns how many bytes the system took at once.
  private int send(Chunk chunk) {
    int asked = chunk.buffer().remaining();
    int result = loop.driver().send(handle, socket, chunk);
    if (result < 0 && result != Status.AGAIN && result != Status.IN_FLIGHT) {
      outputFailure = result;
      return 0;
    }
    int count = Math.max(result, 0);
    taken(count);
    if (count < asked) {
      inProgress |= SEND;
      watchForStall();
    }
    return count;
  }

  private void dropOutput() {
    lentStart = lentEnd;
    output.clear();
  }

  /// Nothing can be sent any more. What the client sent before it left is still delivered: the end
  /// of its input, or a failure to read it, ends the connection.
  private void outputFailed(int status) {
    outputFailure = status;
    dropOutput();
    step();
  }

  private void watchForStall() {
    if (stallTimer == null) {
      noteProgress();
      stallTimer = loop.schedule(Limits.WRITE_STALL, this::checkStall);
    }
  }

  /// Tells whether the client has taken anything since this was last asked. That the system takes
  /// nothing does not say so: it waits until a good part of its buffer is free, while a slow reader
  /// may be reading all the time.
  private boolean noteProgress() {
    int unsent = socket.unsentBytes();
    boolean progress = sentBytes != sentBytesAtStall || unsent != unsentAtStall;
    sentBytesAtStall = sentBytes;
    unsentAtStall = unsent;
    return progress;
  }

  private void checkStall() {
    stallTimer = null;
    if ((inProgress & SEND) == 0 || state == State.ENDING || state == State.CLOSED) {
      return;
    }
    stalls = noteProgress() ? 0 : stalls + 1;
    if (stalls >= (unsentAtStall >= 0 ? 1 : Limits.BLIND_STALLS)) {
      close(CloseReason.WRITE_STALL, true);
    } else {
      stallTimer = loop.schedule(Limits.WRITE_STALL, this::checkStall);
    }
  }

  // Both

  /// The one gate into the handler's code. Whatever it throws hurts this connection only.
  private void callback(Callback which, @Nullable ByteBuffer data) {
    inCallback = true;
    try {
      switch (which) {
        case OPEN -> handler.onOpen(this);
        case DATA -> handler.onData(this, Objects.requireNonNull(data));
        case WRITABLE -> handler.onWritable(this);
        case INPUT_CLOSED -> handler.onInputClosed(this);
      }
    } catch (Throwable t) {
      handlerFailed(t);
      close(CloseReason.HANDLER_ERROR, true);
    } finally {
      inCallback = false;
    }
    if (which != Callback.DATA) {
      step();
    }
  }

  private void handlerFailed(Throwable t) {
    Failures.log("handler.failed remote=" + Printable.of(remote.toString()), t);
  }

  /// Brings the connection forward after anything has happened: sends, goes on closing, starts or
  /// stops reading.
  private void step() {
    if (inCallback || state == State.ENDING || state == State.CLOSED) {
      return;
    }
    takeForeign();
    flush();
    if (outputFailure != 0 && (state != State.OPEN || inputEnded)) {
      fail(outputFailure);
      return;
    }
    if (outputFailure != 0 && lingerTimer == null) {
      open = false;
      lingerTimer = loop.schedule(Limits.LINGER, () -> fail(outputFailure));
    }
    if (state == State.FLUSHING && output.isEmpty()) {
      finishOutput();
      if (state == State.ENDING) {
        return;
      }
    }
    balance();
    updateReading();
  }

  /// Applies the watermarks.
  private void balance() {
    if (output.bytes() > Limits.OUTPUT_HIGH_BYTES) {
      pausedByOutput = true;
    } else if (output.bytes() <= Limits.OUTPUT_LOW_BYTES) {
      pausedByOutput = false;
      if (owesWritable && open && !writableQueued) {
        writableQueued = true;
        // On a turn of its own: a handler that refills the queue each time would never let go.
        loop.enqueue(this::tellWritable);
      }
    }
  }

  private void tellWritable() {
    writableQueued = false;
    if (owesWritable && state == State.OPEN) {
      owesWritable = false;
      callback(Callback.WRITABLE, null);
    }
  }

  private void updateReading() {
    boolean stopped = state == State.OPEN && (pausedByHandler || pausedByOutput);
    boolean paused = stopped || (state == State.OPEN && held != null);
    if (held != null && !stopped && !heldQueued) {
      heldQueued = true;
      loop.enqueue(this::deliverHeld);
    }
    if (inputEnded) {
      if (!paused && !inputEndTold && state == State.OPEN) {
        inputEndTold = true;
        callback(Callback.INPUT_CLOSED, null);
      }
    } else if (paused) {
      if ((inProgress & RECEIVE) != 0 && !cancellingReceive) {
        cancellingReceive = true;
        loop.driver().cancel(handle, RECEIVE);
      }
    } else if ((inProgress & RECEIVE) == 0) {
      inProgress |= RECEIVE;
      loop.driver().receive(handle, socket, Limits.RECEIVE_CREDIT_BYTES);
    }
  }

  // Wishes

  @Override
  public void pauseReading() {
    wish(PAUSE);
  }

  @Override
  public void resumeReading() {
    wish(RESUME);
  }

  @Override
  public void close() {
    wish(CLOSE);
  }

  @Override
  public void abort() {
    wish(ABORT);
  }

  private void wish(int wish) {
    if (loop.inLoop()) {
      takeForeign();
      fulfil(wish);
      step();
      return;
    }
    if ((wish & (CLOSE | ABORT | OUT_HARD)) != 0) {
      open = false;
    }
    int undone = wish == PAUSE ? RESUME : wish == RESUME ? PAUSE : 0;
    wishes.getAndUpdate(before -> (before & ~undone) | wish);
    callLoop();
  }

  private void callLoop() {
    if (called.compareAndSet(false, true)) {
      loop.enqueue(() -> {
        called.set(false); // before looking: what is left from now on calls again
        int wished = wishes.getAndSet(0);
        takeForeign(); // what was written before it was closed
        fulfil(wished);
        step();
      });
    }
  }

  private void fulfil(int wished) {
    if ((wished & PAUSE) != 0) {
      pausedByHandler = true;
    }
    if ((wished & RESUME) != 0) {
      pausedByHandler = false;
    }
    if ((wished & OUT_HARD) != 0) {
      close(CloseReason.OUT_HARD, true);
    }
    if ((wished & ABORT) != 0) {
      close(CloseReason.KICKED, true);
    }
    if ((wished & CLOSE) != 0) {
      close(CloseReason.OK, false);
    }
  }

  // Closing

  /// Begins to close.
  ///
  /// @param now drop what is queued and reset, rather than deliver it
  void close(CloseReason why, boolean now) {
    open = false;
    switch (state) {
      case OPEN, FLUSHING -> {
        if (state == State.OPEN || now) {
          reason = why;
        }
        state = State.FLUSHING;
        if (now) {
          reset = true;
          end();
        } else {
          step();
        }
      }
      case LINGERING -> {
        if (now) {
          end(); // everything was delivered: nothing is left to drop
        }
      }
      case ENDING, CLOSED -> {}
    }
  }

  /// All output has been handed over: says so, then waits for the client to end, too.
  private void finishOutput() {
    state = State.LINGERING;
    int status = socket.tryShutdownOutput();
    if (status < 0 || inputEnded) {
      end();
    } else {
      lingered = 0;
      lingerTimer = loop.schedule(Limits.LINGER, this::end);
    }
  }

  /// The connection failed. Once everything was sent and ended, that is the client's way to leave.
  private void fail(int status) {
    if (state != State.LINGERING) {
      reason =
          status == Status.RESET || status == Status.PIPE
              ? CloseReason.PEER_RESET
              : CloseReason.PEER_DEAD;
    }
    end();
  }

  private void end() {
    if (state == State.ENDING || state == State.CLOSED) {
      return;
    }
    open = false;
    state = State.ENDING;
    if (inProgress != 0) {
      loop.driver().cancel(handle, inProgress);
    } else {
      // Never inside the callback that caused it, nor inside one of another connection.
      loop.enqueue(this::endIfIdle);
    }
  }

  private void endIfIdle() {
    if (state != State.ENDING || inProgress != 0) {
      return;
    }
    state = State.CLOSED;
    if (reset) {
      socket.abort();
    } else {
      socket.close();
    }
    free();
    loop.detach(handle);
    server.closed(this, reason);
    try {
      handler.onClose(this, reason);
    } catch (Throwable t) {
      handlerFailed(t);
    }
  }

  private void free() {
    output.clear();
    OutputQueue queue = held;
    if (queue != null) {
      queue.clear();
      held = null;
    }
    cancel(lingerTimer);
    cancel(stallTimer);
  }

  private static void cancel(EventLoop.@Nullable Registration timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  @Override
  public void end(Throwable cause) {
    close(CloseReason.DRAIN_DEADLINE, true);
  }

  @Override
  public void abandon(Throwable cause) {
    if (state != State.CLOSED) {
      open = false;
      inProgress = 0;
      state = State.ENDING;
      reason = CloseReason.DRAIN_DEADLINE;
      endIfIdle();
    }
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public SocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public Server server() {
    return server;
  }

  @Override
  public String toString() {
    return "Connection[" + remote + "]";
  }
}
