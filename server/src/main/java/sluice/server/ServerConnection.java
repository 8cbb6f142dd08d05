package sluice.server;

import static sluice.spi.Operations.RECEIVE;
import static sluice.spi.Operations.SEND;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import sluice.internal.loop.Endpoint;
import sluice.internal.loop.Loop;
import sluice.spi.Chunk;
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
final class ServerConnection implements Connection, Endpoint {
  private static final System.Logger LOG = System.getLogger("sluice");

  private enum State {
    OPEN,
    FLUSHING,
    LINGERING,
    ENDING,
    CLOSED
  }

  /// A callback of the handler.
  private interface Callback {
    void call() throws Exception;
  }

  private final Server server;
  private final Loop loop;
  private final StreamBase socket;
  private final ConnectionHandler handler;
  private final SocketAddress remote;
  private final OutputQueue output;
  private long handle;

  private volatile State state = State.OPEN;
  private CloseReason reason = CloseReason.OK;
  private boolean reset;
  private int inProgress;
  private boolean cancellingReceive;

  /// Reading stops while one of these holds.
  private boolean pausedByHandler;

  private boolean pausedByOutput;
  private boolean inputEnded;
  private boolean inputEndTold;
  private int lingered;

  /// Bytes and end of stream that arrived after the handler had paused.
  private @Nullable OutputQueue held;

  private boolean inCallback;
  private boolean flushScheduled;
  private boolean owesWritable;

  /// The buffer lent to the callback in progress, and the part of it that the handler wrote.
  private @Nullable Chunk lent;

  private int lentStart;
  private int lentEnd;

  /// Writes of other threads that have not reached the queue yet.
  private final Queue<ByteBuffer> foreign = new ConcurrentLinkedQueue<>();

  private final AtomicInteger foreignBytes = new AtomicInteger();
  private final AtomicBoolean foreignScheduled = new AtomicBoolean();
  private volatile long queued;

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
    callback(() -> handler.onOpen(this));
  }

  // Input

  @Override
  public void received(Chunk chunk) {
    ByteBuffer data = chunk.buffer();
    if (state != State.OPEN) {
      lingered += data.remaining();
      if (state == State.LINGERING && lingered > Limits.LINGER_BYTES) {
        end();
      }
    } else if (pausedByHandler || pausedByOutput || held != null) {
      hold(data);
    } else {
      lent = chunk;
      lentStart = lentEnd = 0;
      callback(() -> handler.onData(this, data));
      lent = null;
    }
  }

  private void hold(ByteBuffer data) {
    OutputQueue queue = held;
    if (queue == null) {
      queue = held = new OutputQueue(loop.chunks());
    }
    queue.append(data);
  }

  /// Delivers what was held, as long as the handler does not pause again.
  private void deliverHeld() {
    OutputQueue queue = held;
    while (queue != null && state == State.OPEN && !pausedByHandler && !pausedByOutput) {
      if (queue.isEmpty()) {
        held = null;
        return;
      }
      ByteBuffer data = queue.head().buffer();
      int count = data.remaining();
      callback(() -> handler.onData(this, data));
      if (held == queue) {
        queue.advance(count);
      }
    }
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
      if (state == State.LINGERING) {
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
    if (state != State.OPEN) {
      return false;
    }
    if (output.bytes() + lentEnd - lentStart >= Limits.OUTPUT_HARD_BYTES) {
      close(CloseReason.OUT_HARD, true);
      return false;
    }
    if (isLent(src) && lentEnd == 0 && output.isEmpty()) {
      lentStart = src.position();
      lentEnd = src.limit();
      src.position(src.limit());
    } else {
      queueLent();
      output.append(src);
    }
    return afterWrite();
  }

  /// Tells whether the handler writes the very buffer it was lent.
  @SuppressWarnings("ReferenceEquality")
  private boolean isLent(ByteBuffer src) {
    Chunk chunk = lent;
    return chunk != null && src == chunk.buffer();
  }

  private boolean afterWrite() {
    if (!inCallback) {
      scheduleFlush();
    }
    long bytes = output.bytes() + lentEnd - lentStart;
    queued = bytes;
    if (bytes > Limits.OUTPUT_HIGH_BYTES) {
      owesWritable = true;
      return false;
    }
    return true;
  }

  /// Another write follows the lent bytes, so they are queued before it.
  private void queueLent() {
    Chunk chunk = lent;
    if (chunk != null && lentEnd > lentStart) {
      ByteBuffer rest = chunk.buffer().duplicate();
      rest.limit(lentEnd).position(lentStart);
      output.append(rest);
      lentStart = lentEnd;
    }
  }

  private boolean writeFromElsewhere(ByteBuffer src) {
    if (state != State.OPEN) {
      return false;
    }
    long bytes = queued + foreignBytes.get();
    if (bytes >= Limits.OUTPUT_HARD_BYTES) {
      loop.execute(() -> close(CloseReason.OUT_HARD, true));
      return false;
    }
    int count = src.remaining();
    ByteBuffer copy = ByteBuffer.allocate(count).put(src.duplicate()).flip();
    foreignBytes.addAndGet(count);
    foreign.add(copy);
    if (foreignScheduled.compareAndSet(false, true)) {
      try {
        loop.execute(this::takeForeignAndFlush);
      } catch (RejectedExecutionException _) {
        foreignScheduled.set(false);
        if (foreign.remove(copy)) {
          foreignBytes.addAndGet(-count);
          return false;
        }
      }
    }
    src.position(src.limit());
    return bytes + count <= Limits.OUTPUT_HIGH_BYTES;
  }

  private void takeForeign() {
    for (ByteBuffer next = foreign.poll(); next != null; next = foreign.poll()) {
      int count = next.remaining();
      if (state == State.OPEN) {
        queueLent();
        output.append(next);
        var _ = afterWrite();
      }
      foreignBytes.addAndGet(-count);
    }
  }

  private void takeForeignAndFlush() {
    foreignScheduled.set(false); // before taking: what is added from now on schedules again
    takeForeign();
    step();
  }

  private void scheduleFlush() {
    if (!flushScheduled) {
      flushScheduled = true;
      loop.execute(() -> {
        flushScheduled = false;
        step();
      });
    }
  }

  @Override
  public void sent(int result) {
    inProgress &= ~SEND;
    if (state == State.ENDING) {
      endIfIdle();
    } else if (result < 0) {
      fail(result);
    } else {
      if (result > 0) {
        output.advance(result);
      }
      step();
    }
  }

  /// Sends what there is, as far as the system takes it. False if the connection failed.
  private boolean flush() {
    Chunk chunk = lent;
    if (chunk != null && lentEnd > lentStart) {
      if ((inProgress & SEND) == 0) {
        chunk.buffer().limit(lentEnd).position(lentStart);
        if (!sent(loop.driver().send(handle, socket, chunk), true)) {
          return false;
        }
      }
      queueLent();
    }
    while (!output.isEmpty() && (inProgress & SEND) == 0) {
      if (!sent(loop.driver().send(handle, socket, output.head()), false)) {
        return false;
      }
    }
    queued = output.bytes();
    return true;
  }

  /// Notes what became of a send that was just submitted.
  private boolean sent(int result, boolean wasLent) {
    if (result == Status.AGAIN || result == Status.IN_FLIGHT) {
      inProgress |= SEND;
    } else if (result < 0) {
      fail(result);
      return false;
    } else if (wasLent) {
      lentStart += result;
    } else {
      output.advance(result);
    }
    return true;
  }

  // Both

  /// Runs a callback of the handler. Whatever it throws hurts this connection only.
  private void callback(Callback callback) {
    inCallback = true;
    try {
      callback.call();
    } catch (Throwable t) {
      LOG.log(System.Logger.Level.ERROR, "handler.failed remote=" + remote, t);
      close(CloseReason.HANDLER_ERROR, true);
    } finally {
      inCallback = false;
    }
    step();
  }

  /// Brings the connection forward after anything has happened: sends, goes on closing, starts or
  /// stops reading.
  private void step() {
    if (inCallback || state == State.ENDING || state == State.CLOSED) {
      return;
    }
    takeForeign();
    if (!flush()) {
      return;
    }
    if (state == State.FLUSHING && output.isEmpty()) {
      finishOutput();
      if (state == State.ENDING || state == State.CLOSED) {
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
      if (owesWritable && state == State.OPEN) {
        owesWritable = false;
        // On a turn of its own: a handler that refills the queue each time would never let go.
        loop.execute(() -> {
          if (state == State.OPEN) {
            callback(() -> handler.onWritable(this));
          }
        });
      }
    }
  }

  private void updateReading() {
    if (held != null && !pausedByHandler && !pausedByOutput && state == State.OPEN) {
      loop.execute(() -> {
        deliverHeld();
        step();
      });
      return;
    }
    boolean paused = state == State.OPEN && (pausedByHandler || pausedByOutput);
    if (inputEnded) {
      if (!paused && !inputEndTold && state == State.OPEN) {
        inputEndTold = true;
        callback(() -> handler.onInputClosed(this));
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

  @Override
  public void pauseReading() {
    here(() -> pausedByHandler = true);
  }

  @Override
  public void resumeReading() {
    here(() -> pausedByHandler = false);
  }

  // Closing

  @Override
  public void close() {
    here(() -> close(CloseReason.OK, false));
  }

  @Override
  public void abort() {
    here(() -> close(CloseReason.KICKED, true));
  }

  /// Runs `action` on the loop, now if we are there, and then brings the connection forward.
  private void here(Runnable action) {
    Runnable whole =
        () -> {
          takeForeign();
          action.run();
          step();
        };
    if (loop.inLoop()) {
      whole.run();
    } else {
      try {
        loop.execute(whole);
      } catch (RejectedExecutionException e) {
        if (isOpen()) {
          throw e;
        }
      }
    }
  }

  /// Begins to close.
  ///
  /// @param now drop what is queued and reset, rather than deliver it
  void close(CloseReason why, boolean now) {
    if (state == State.ENDING || state == State.CLOSED) {
      return;
    }
    if (state == State.OPEN) {
      reason = why;
      state = State.FLUSHING;
    }
    if (now) {
      reason = why;
      reset = true;
      end();
    } else {
      step();
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
      loop.schedule(
          Limits.LINGER,
          () -> {
            if (state == State.LINGERING) {
              end();
            }
          });
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
    state = State.ENDING;
    if (inProgress != 0) {
      loop.driver().cancel(handle, inProgress);
    } else if (inCallback) {
      loop.execute(this::endIfIdle); // onClose comes after the callback that caused it
    } else {
      endIfIdle();
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
    output.clear();
    queued = 0;
    OutputQueue queue = held;
    if (queue != null) {
      queue.clear();
      held = null;
    }
    loop.detach(handle);
    server.closed(this, reason);
    try {
      handler.onClose(this, reason);
    } catch (Throwable t) {
      LOG.log(System.Logger.Level.ERROR, "handler.failed remote=" + remote, t);
    }
  }

  @Override
  public void loopClosing() {
    close(CloseReason.DRAIN_DEADLINE, true);
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  @Override
  public boolean isOpen() {
    return state == State.OPEN;
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
