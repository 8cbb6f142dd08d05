package sluice.spi;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.ClosedPollableException;
import sluice.StreamSocket;

/// A stream socket in two layers: `try...` methods whose results are `>= 0` or a [Status], for
/// drivers, and the public ones, which turn those into exceptions.
///
/// The first failure of a direction is kept: the kernel reports a reset once and then pretends an
/// end of stream.
public abstract class StreamBase extends PollableBase implements StreamSocket {
  private boolean connected;
  private boolean outputShut;
  private byte readFailure;
  private byte writeFailure;

  protected StreamBase(Backend backend, boolean connected) {
    super(backend);
    this.connected = connected;
  }

  /// Receives into the buffer of `dst`: how many bytes, [Status#END] at the end of the stream, or a
  /// failure. There must be room.
  public final int tryReceive(Chunk dst) {
    return receive(dst.buffer(), dst);
  }

  private int receive(ByteBuffer dst, @Nullable Chunk chunk) {
    if (readFailure != 0) {
      return readFailure;
    }
    if (!connected || !acquire()) {
      return Status.INVALID; // and not kept: it may be connected later
    }
    try {
      return noteReceived(chunk != null ? doReceive(chunk) : doReceive(dst));
    } finally {
      release();
    }
  }

  private int noteReceived(int result) {
    if (result < Status.AGAIN) {
      readFailure = (byte) result;
    }
    return result;
  }

  /// Sends from the buffer of `src`: how many bytes the system took, or a failure.
  public final int trySend(Chunk src) {
    return send(src.buffer(), src);
  }

  private int send(ByteBuffer src, @Nullable Chunk chunk) {
    int refusal = sendRefusal();
    if (refusal < 0) {
      return refusal;
    }
    if (!acquire()) {
      return Status.INVALID;
    }
    try {
      return noteSent(chunk != null ? doSend(chunk) : doSend(src));
    } finally {
      release();
    }
  }

  private int noteSent(int result) {
    if (result < Status.AGAIN) {
      writeFailure = (byte) result;
    }
    return result;
  }

  /// Returns why nothing can be received: [Status#INVALID], an earlier failure, or 0 if it can.
  public final int receiveRefusal() {
    return readFailure != 0 ? readFailure : connected ? 0 : Status.INVALID;
  }

  /// Returns why nothing can be sent: [Status#PIPE], [Status#INVALID], an earlier failure, or 0.
  public final int sendRefusal() {
    return writeFailure != 0
        ? writeFailure
        : outputShut ? Status.PIPE : connected ? 0 : Status.INVALID;
  }

  /// Takes note of how a receive ended that the system carried out by itself.
  ///
  /// @param result what the system reported
  /// @return how many bytes, [Status#END], or the failure
  public final int completeReceive(int result) {
    return noteReceived(result >= 0 ? result : statusOf("recv", result));
  }

  /// The same for a send.
  public final int completeSend(int result) {
    return noteSent(result >= 0 ? result : statusOf("send", result));
  }

  /// Takes note of a failure that the system reported for `call`. Returns its [Status].
  protected int statusOf(String call, int result) {
    return result;
  }

  /// Finishes a connect: [Status#END] when connected, [Status#AGAIN] while in progress.
  public final int tryFinishConnect() {
    if (connected) {
      return Status.END;
    }
    if (readFailure != 0) {
      return readFailure;
    }
    if (!acquire()) {
      return Status.INVALID;
    }
    try {
      int result = doFinishConnect();
      connected = result == Status.END;
      if (result < Status.AGAIN) {
        readFailure = (byte) result;
        writeFailure = (byte) result;
      }
      return result;
    } finally {
      release();
    }
  }

  /// Sends the end of the stream, once.
  public final int tryShutdownOutput() {
    if (outputShut) {
      return Status.END;
    }
    if (!connected || !acquire()) {
      return writeFailure != 0 ? writeFailure : Status.INVALID;
    }
    try {
      outputShut = true;
      return doShutdownOutput();
    } finally {
      release();
    }
  }

  /// Returns how many bytes the system has taken and the peer has not, or -1 if that is not known.
  public final int unsentBytes() {
    if (!acquire()) {
      return -1;
    }
    try {
      return doUnsentBytes();
    } finally {
      release();
    }
  }

  protected int doUnsentBytes() {
    return -1;
  }

  /// Asks the system to hold about so many bytes at most that the peer has not taken.
  public final void limitSendBuffer(int bytes) {
    if (acquire()) {
      try {
        doLimitSendBuffer(bytes);
      } finally {
        release();
      }
    }
  }

  protected abstract void doLimitSendBuffer(int bytes);

  /// Has the system watch the peer.
  public final void watchPeer(PeerWatch watch) {
    if (acquire()) {
      try {
        doWatchPeer(watch);
      } finally {
        release();
      }
    }
  }

  /// Does nothing where the system cannot.
  protected void doWatchPeer(PeerWatch watch) {}

  /// Tells whether both directions have ended, as after a reset, so that nothing waits any more.
  /// Only for drivers that leave sends to the system.
  public boolean isHungUp() {
    throw new UnsupportedOperationException("the backend " + backend().name() + " has no driver");
  }

  /// Returns the peer's address, after closing, too; null if it is not known.
  public abstract @Nullable SocketAddress peer();

  protected abstract int doReceive(ByteBuffer dst);

  protected abstract int doSend(ByteBuffer src);

  /// [#doReceive] where the buffer's chunk is known, which may know its address.
  protected int doReceive(Chunk dst) {
    return doReceive(dst.buffer());
  }

  /// [#doSend] where the buffer's chunk is known.
  protected int doSend(Chunk src) {
    return doSend(src.buffer());
  }

  protected abstract int doFinishConnect();

  protected abstract int doShutdownOutput();

  /// Makes the coming close a reset.
  protected abstract void doResetOnClose();

  protected final boolean isConnected() {
    return connected;
  }

  @Override
  public final int read(ByteBuffer dst) throws IOException {
    requireOpen();
    if (dst.isReadOnly()) {
      throw new IllegalArgumentException("dst must be writable, but is read-only");
    }
    if (!dst.hasRemaining()) {
      return 0; // the kernel answers 0 here at end of stream only, so it is not asked
    }
    int result = receive(dst, null);
    return switch (result) {
      case Status.END -> -1;
      case Status.AGAIN -> 0;
      default -> result > 0 ? result : fail(result, "read");
    };
  }

  @Override
  public final int write(ByteBuffer src) throws IOException {
    requireOpen();
    if (!src.hasRemaining()) {
      return 0;
    }
    int result = send(src, null);
    return result == Status.AGAIN ? 0 : result >= 0 ? result : fail(result, "write");
  }

  @Override
  public final boolean finishConnect() throws IOException {
    requireOpen();
    int result = tryFinishConnect();
    return switch (result) {
      case Status.END -> true;
      case Status.AGAIN -> false;
      default -> fail(result, "connect") == 0;
    };
  }

  @Override
  public final void shutdownOutput() throws IOException {
    requireOpen();
    int result = tryShutdownOutput();
    if (result < 0) {
      fail(result, "shutdownOutput");
    }
  }

  @Override
  public final void abort() {
    if (acquire()) {
      try {
        doResetOnClose();
      } finally {
        release();
      }
    }
    close();
  }

  protected final int fail(int status, String call) throws IOException {
    if (!isOpen()) {
      throw ClosedPollableException.of(this);
    }
    String what = call + " on " + this;
    throw connected
        ? Status.toException(status, what, failure())
        : Status.toConnectException(status, what, failure());
  }
}
