package sluice.server;

import static sluice.spi.Operations.CONNECT;
import static sluice.spi.Operations.RECEIVE;
import static sluice.spi.Operations.SEND;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.internal.loop.Endpoint;
import sluice.internal.loop.Failures;
import sluice.internal.loop.Loop;
import sluice.spi.Addresses;
import sluice.spi.Chunk;
import sluice.spi.Printable;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// One connection: its life. What goes through it is the business of its [Input] and its [Output],
/// its handler that of its [Gate], and other threads leave [Wishes]. The public methods are
/// thread-safe; everything else is confined to its loop.
///
/// # Life
///
/// `OPEN`, until someone closes it; if it was connected out, its output waits until that is done.
/// `FLUSHING`: nothing more is taken; what is queued is sent, then the end of the stream.
/// `LINGERING`: what the peer still sends is read and dropped, because a close with unread input
/// becomes a reset, which destroys the answer on its way. `ENDING`: the operations in progress were
/// cancelled; when the last has ended the socket is closed and [ConnectionHandler#onClose] is told.
final class ServerConnection extends Wishes implements Connection, Endpoint {
  private enum State {
    OPEN,
    FLUSHING,
    LINGERING,
    ENDING,
    CLOSED
  }

  private static final SocketAddress UNKNOWN = UnixDomainSocketAddress.of("");

  private final Worker worker;
  private final StreamBase socket;
  private final boolean accepted;
  private final Wire wire;
  private final Output output;
  private final Input input;
  private final Gate gate;
  private long handle;

  /// Its place in the [ConnectionSet]; -1 if it has none.
  int place = -1;

  private State state = State.OPEN;
  private boolean connected;
  private CloseReason reason = CloseReason.OK;
  private boolean reset;
  private int inProgress;
  private boolean cancellingReceive;

  /// Ends connecting or lingering.
  private EventLoop.@Nullable Registration deadline;

  /// Ends waiting for layers.
  private EventLoop.@Nullable Registration layersDeadline;

  /// Where its client comes from, if that matters.
  private final Admission.@Nullable Source source;

  /// Ticks of the [Wheel]: when it was opened, and when either side last got or took a byte.
  private int openedAt;

  private int activeAt;

  private int lingered;
  private boolean stepQueued;
  private boolean writableQueued;

  private volatile boolean open = true;

  /// The input does not wait for the output.
  private volatile boolean decoupled;

  /// Nothing more is written, though the connection is not closed.
  private volatile boolean outputShut;

  /// The end of the stream is to be sent when all was, and whether it was.
  private boolean outputEnds;

  private boolean outputEnded;

  private ServerConnection(
      Worker worker,
      StreamBase socket,
      ConnectionHandler handler,
      List<Layer.Session> layers,
      Admission.@Nullable Source source,
      boolean accepted) {
    this.worker = worker;
    this.source = source;
    this.socket = socket;
    this.accepted = accepted;
    this.connected = accepted;
    this.decoupled = !accepted;
    this.wire = layers.isEmpty() ? new Wire(this) : new LayeredWire(this, layers);
    this.output = new Output(this);
    this.gate = new Gate(this, handler);
    this.input = new Input(this);
  }

  /// Makes the connection of a client that was accepted.
  static ServerConnection accepted(
      Worker worker,
      StreamBase socket,
      ConnectionHandler handler,
      List<Layer.Session> layers,
      Admission.@Nullable Source source) {
    return new ServerConnection(worker, socket, handler, layers, source, true);
  }

  /// Makes a connection out, which was begun.
  static ServerConnection connecting(Worker worker, StreamBase socket, ConnectionHandler handler) {
    return new ServerConnection(worker, socket, handler, List.of(), null, false);
  }

  /// Ends before it has begun, because its server is stopping.
  void refuse() {
    open = false;
    state = State.CLOSED;
    socket.close();
    loop().enqueue(() -> gate.tellClosed(CloseReason.DRAIN));
  }

  void start() {
    handle = loop().attach(this);
    openedAt = worker.wheel().now();
    activeAt = openedAt;
    if (accepted) {
      if (gate.awaitsFrame()) {
        worker.admission().awaitsFrame();
      }
      worker.wheel().arm(this, worker.deadlines().look(this, openedAt));
    }
    if (connected) {
      gate.tellOpen();
    } else {
      began(CONNECT);
      loop().driver().connect(handle, socket);
      deadline = worker.scheduleBehindIo(Bounds.CONNECT, () -> connectEnded(Status.TIMED_OUT));
    }
  }

  private void connectEnded(int status) {
    if (connected || isEnding()) {
      return;
    }
    cancel(deadline);
    if (status != Status.END) {
      worker.connectFailed(this, status);
      reason = CloseReason.CONNECT_FAILED;
      end();
      return;
    }
    connected = true;
    if (state == State.OPEN) {
      gate.tellOpen();
    } else {
      step();
    }
  }

  // What the parts ask

  Worker worker() {
    return worker;
  }

  Loop loop() {
    return worker.loop();
  }

  StreamBase socket() {
    return socket;
  }

  Wire wire() {
    return wire;
  }

  Output output() {
    return output;
  }

  Gate gate() {
    return gate;
  }

  long handle() {
    return handle;
  }

  /// Tells whether it is a client's, rather than one that was connected out.
  boolean isClient() {
    return accepted;
  }

  Input input() {
    return input;
  }

  Admission.@Nullable Source source() {
    return source;
  }

  /// Returns the tick in which it was opened.
  int openedAt() {
    return openedAt;
  }

  /// Returns the tick in which a byte last came or was taken.
  int activeAt() {
    return activeAt;
  }

  /// A byte came, or the system took one.
  void wasActive() {
    activeAt = worker.wheel().now();
  }

  /// Returns how much memory it holds, in bytes.
  long heldBytes() {
    return output.heldBytes() + input.heldBytes() + gate.frameBytes();
  }

  /// A frame began and is not complete.
  void frameBegan(FrameDecoder where) {
    int now = worker.wheel().now();
    gate.frameBegan(where, now);
    worker.wheel().arm(this, worker.deadlines().frameLook(now));
  }

  @Override
  int look(int now) {
    return worker.deadlines().look(this, now);
  }

  /// A deadline has passed. Who breaks a rule is not waited for; the others may finish.
  void expire(CloseReason why) {
    boolean inOrder =
        why == CloseReason.IDLE || why == CloseReason.HALF_CLOSE || why == CloseReason.LIFETIME;
    close(why, !inOrder);
  }

  /// An operation was submitted.
  void began(int operation) {
    inProgress |= operation;
  }

  boolean isSending() {
    return (inProgress & SEND) != 0;
  }

  boolean isEnding() {
    return state == State.ENDING || state == State.CLOSED;
  }

  boolean isDecoupled() {
    return decoupled;
  }

  /// Tells whether what was taken is still sent, and what is read delivered.
  boolean delivers() {
    return state == State.OPEN;
  }

  /// Tells whether the end of the output is to be sent.
  boolean outputEnds() {
    return outputEnds;
  }

  /// Tells whether what is written is taken; from any thread.
  boolean takesWrites() {
    return open && !outputShut;
  }

  /// A layer threw.
  ///
  /// @param ofInput whether it had to do with what the peer sent
  void layerFailed(Throwable t, boolean ofInput) {
    if (isEnding()) {
      return; // it is over already
    }
    if (ofInput && t instanceof IOException && state == State.OPEN) {
      worker.protocolBroken(this, t);
      close(CloseReason.PROTOCOL, false);
    } else {
      Failures.log("layer.failed remote=" + printableRemote(), t);
      close(CloseReason.HANDLER_ERROR, true);
    }
  }

  // What wrapping handlers ask

  /// See [Gate#state].
  <T> T state(Object key, Function<Limits, T> create) {
    return gate.state(key, create);
  }

  /// Tells whether a handler that has more to deliver should go on doing so.
  boolean wantsMore() {
    return delivers() && input.wantsMore();
  }

  /// Frames are about to be cut from `data`. Tells whether [#keepRest] may be called for it: it was
  /// lent by this connection, and is not itself a frame.
  boolean enterFrames(ByteBuffer data) {
    boolean outermost = gate.enterFrames();
    return outermost && input.isLent(data);
  }

  void leaveFrames() {
    gate.leaveFrames();
  }

  /// Asks for what is left of the data to be delivered again, when [#wantsMore] holds.
  void keepRest() {
    input.keepRest();
  }

  /// Asks for the end of the input to be told again, when [#wantsMore] holds.
  void keepEnd() {
    input.keepEnd();
  }

  /// Closes for a reason that is better than the one it may be closed for already.
  void closeAs(CloseReason why) {
    close(why, false);
    if (!isEnding()) {
      reason = why;
    }
  }

  // Completions

  @Override
  public void received(Chunk chunk) {
    wasActive();
    if (accepted) {
      worker.tally().received(chunk.buffer().remaining());
    }
    if (state == State.OPEN || (state == State.FLUSHING && wire.awaitsInput())) {
      wire.received(chunk);
    } else {
      dropped(chunk.buffer().remaining());
    }
  }

  /// Bytes arrived that nobody wants. So many of them end the lingering; but not before the peer
  /// has taken the last of the output, which the reset that then follows would destroy.
  private void dropped(int count) {
    if (state == State.LINGERING && wire.isTaken()) {
      lingered += count;
      if (lingered > Bounds.LINGER_BYTES) {
        end();
      }
    }
  }

  /// Ends the lingering, unless the peer is still taking the last of the output.
  private void checkLingering(long progressBefore) {
    long progress = wire.progress();
    if (wire.isTaken() || progress == progressBefore) {
      end();
    } else {
      deadline = loop().schedule(Bounds.LINGER, () -> checkLingering(progress));
    }
  }

  /// Bytes came straight from the wire.
  void arrived(Chunk chunk) {
    input.arrived(chunk);
  }

  /// Bytes came through the layers.
  void arrived(ByteBuffer data) {
    if (!data.hasRemaining()) {
      return; // nothing, to a handler, would be a call without a reason
    }
    if (state == State.OPEN) {
      input.arrived(data);
    } else {
      data.position(data.limit());
    }
  }

  @Override
  public void sent(int result) {
    inProgress &= ~SEND;
    if (state == State.ENDING) {
      wire.took(Math.max(result, 0)); // counted, though it does not matter any more
      endIfIdle();
    } else {
      output.sent(result);
      step();
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
    } else if (operation == CONNECT) {
      connectEnded(status);
    } else if (operation == RECEIVE && status == Status.END) {
      inputEnded();
    } else if (status < 0) {
      fail(status);
    } else {
      step();
    }
  }

  private void inputEnded() {
    input.end();
    wasActive();
    worker.wheel().arm(this, worker.deadlines().halfCloseLook(activeAt));
    if (state == State.OPEN) {
      wire.inputEnded();
    }
    if (output.failure() != 0) {
      fail(output.failure());
    } else if (state == State.LINGERING) {
      end();
    } else {
      step();
    }
  }

  // The handler

  private void tellWritable() {
    writableQueued = false;
    if (state == State.OPEN && takesWrites() && output.settleWritable()) {
      gate.tellWritable();
    }
  }

  /// The handler has broadcast more than another loop can deliver at once: nothing more is read for
  /// it until that is done.
  void awaitBroadcast(Broadcasts elsewhere) {
    input.awaitBroadcast();
    elsewhere.whenReached(() ->
        chore(() -> {
          input.broadcastDone();
          step();
        }));
  }

  // Steps

  /// Has the loop do something for this connection on its next turn; from any thread. What goes
  /// wrong then is a defect of ours, and costs this connection.
  @Override
  void chore(Runnable body) {
    loop()
        .enqueue(() -> {
          try {
            body.run();
          } catch (Throwable t) {
            Failures.log("endpoint.failed remote=" + printableRemote(), t);
            end(t);
          }
        });
  }

  /// Brings the connection forward after anything has happened: sends, goes on closing, starts or
  /// stops reading.
  void step() {
    if (gate.isInside() || !connected || isEnding()) {
      return;
    }
    output.takeForeign();
    output.flush();
    if (isEnding()) { // a layer failed
      return;
    }
    int failure = output.failure();
    if (failure != 0) {
      // What the client sent before it left is still delivered: the end of its input, or a failure
      // to read it, ends the connection.
      if (state != State.OPEN || input.hasEnded()) {
        fail(failure);
        return;
      }
      if (open) {
        open = false;
        deadline = loop().schedule(Bounds.LINGER, () -> fail(failure));
      }
    }
    waitForLayers();
    boolean drained =
        (state == State.FLUSHING || (outputEnds && !outputEnded)) && output.isDrained();
    if (isEnding()) { // a layer failed at its end
      return;
    }
    if (drained && state == State.FLUSHING) {
      finishOutput();
    } else if (drained && state == State.OPEN) {
      outputEnded = true;
      int _ = socket.tryShutdownOutput(); // if that fails, so does reading
    }
    if (isEnding()) {
      return;
    }
    if (output.balance() && takesWrites() && !writableQueued) {
      writableQueued = true;
      // On a turn of its own: a handler that refills the queue each time would never let go.
      chore(this::tellWritable);
    }
    updateReading();
  }

  /// Brings it forward soon, unless that will happen anyway.
  void stepLater() {
    if (!gate.isInside() && !stepQueued) {
      stepQueued = true;
      worker.later(this);
    }
  }

  void stepNow() {
    stepQueued = false;
    step();
  }

  private void updateReading() {
    boolean more = state == State.OPEN ? input.advance() : !input.hasEnded();
    if (isEnding()) {
      return;
    }
    if (state == State.OPEN && outputEnded && input.endWasTold()) {
      close(CloseReason.OK, false);
      return;
    }
    if (more && (inProgress & RECEIVE) == 0) {
      began(RECEIVE);
      loop().driver().receive(handle, socket, Bounds.RECEIVE_CREDIT_BYTES);
    } else if (!more && (inProgress & RECEIVE) != 0 && !cancellingReceive) {
      cancellingReceive = true;
      loop().driver().cancel(handle, RECEIVE);
    }
  }

  // Wishes

  @Override
  public boolean write(ByteBuffer src) {
    if (loop().inLoop()) {
      return output.write(src);
    }
    boolean goOn = output.writeFromElsewhere(src);
    callLoop();
    return goOn;
  }

  @Override
  public void pauseReading() {
    wish(PAUSE);
  }

  @Override
  public void resumeReading() {
    wish(RESUME);
  }

  @Override
  public void decouple() {
    decoupled = true;
    wish(0); // looks whether that changes anything
  }

  @Override
  public void shutdownOutput() {
    wish(END_OUTPUT);
  }

  @Override
  public void close() {
    wish(CLOSE);
  }

  @Override
  public void abort() {
    wish(ABORT);
  }

  void wish(int wish) {
    if (loop().inLoop()) {
      if ((wish & ORDERED) != 0) {
        worker.broadcasts().deliver();
      }
      fulfilBehindWrites(wish);
      return;
    }
    if ((wish & (CLOSE | ABORT | OUT_HARD)) != 0) {
      open = false;
    }
    if (wish == END_OUTPUT) {
      outputShut = true;
    }
    leave(wish);
  }

  @Override
  void leaveBehindWrites(int wish) {
    output.wishFromElsewhere(wish);
  }

  @Override
  void fulfilBehindWrites(int wished) {
    output.takeForeign();
    fulfil(wished);
    step();
  }

  void fulfil(int wished) {
    if ((wished & PAUSE) != 0) {
      input.pause();
    }
    if ((wished & RESUME) != 0) {
      input.resume();
    }
    if ((wished & OUT_HARD) != 0) {
      close(CloseReason.OUT_HARD, true);
    }
    if ((wished & ABORT) != 0) {
      close(CloseReason.KICKED, true);
    }
    if ((wished & END_OUTPUT) != 0) {
      outputShut = true;
      outputEnds = true;
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
    if (state == State.OPEN && !now) {
      worker.broadcasts().deliver();
      output.takeForeign(); // what other threads were told is taken
    }
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

  /// Output that is to be sent before the end waits for layers: for a while, or not at all if the
  /// input that they need has ended or is broken.
  private void waitForLayers() {
    boolean ends = state == State.FLUSHING || (outputEnds && input.endWasTold());
    if (!ends || !wire.awaitsInput()) {
      cancel(layersDeadline);
      layersDeadline = null;
    } else if (input.hasEnded() || reason == CloseReason.PROTOCOL) {
      giveUpOnLayers();
    } else if (layersDeadline == null) {
      layersDeadline =
          loop()
              .schedule(
                  Bounds.LINGER,
                  () -> {
                    giveUpOnLayers();
                    end();
                  });
    }
  }

  private void giveUpOnLayers() {
    boolean lost = output.giveUp();
    if (lost && (reason == CloseReason.OK || reason == CloseReason.DRAIN)) {
      reason = CloseReason.PROTOCOL; // those say that all was sent
    }
    state = State.FLUSHING;
  }

  /// All output has been handed over: says so, then waits for the peer to end, too.
  private void finishOutput() {
    state = State.LINGERING;
    cancel(deadline);
    int status = socket.tryShutdownOutput();
    if (status < 0 || input.hasEnded()) {
      end();
    } else {
      long progress = wire.progress();
      deadline = loop().schedule(Bounds.LINGER, () -> checkLingering(progress));
    }
  }

  /// The connection failed. Once everything was sent and ended, that is the peer's way to leave.
  private void fail(int status) {
    if (isEnding()) {
      return; // for another reason
    }
    if (state != State.LINGERING) {
      reason =
          status == Status.RESET || status == Status.PIPE
              ? CloseReason.PEER_RESET
              : CloseReason.PEER_DEAD;
    }
    end();
  }

  private void end() {
    if (isEnding()) {
      return;
    }
    open = false;
    state = State.ENDING;
    if (inProgress != 0) {
      loop().driver().cancel(handle, inProgress);
    } else {
      // Never inside the callback that caused it, nor inside one of another connection.
      loop().enqueue(this::endIfIdle);
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
    output.free();
    input.free();
    worker.memory().frames(-gate.frameBytes());
    if (gate.awaitsFrame() && accepted) {
      worker.admission().frameCame();
    }
    cancel(deadline);
    cancel(layersDeadline);
    worker.wheel().disarm(this);
    loop().detach(handle);
    worker.closed(this, reason);
    gate.tellClosed(reason);
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
  public Connection connect(SocketAddress address, ConnectionHandler itsHandler)
      throws IOException {
    return worker.connect(address, itsHandler);
  }

  @Override
  public void execute(Runnable task) {
    loop().execute(task);
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public SocketAddress remoteAddress() {
    SocketAddress known = socket.peer();
    return known != null ? known : UNKNOWN; // reset before it was accepted
  }

  /// Returns the address of its peer for a log.
  String printableRemote() {
    return Printable.of(remoteAddress().toString());
  }

  @Override
  public Server server() {
    return worker.server();
  }

  @Override
  public String toString() {
    return "Connection[" + Addresses.format(remoteAddress()) + "]";
  }
}
