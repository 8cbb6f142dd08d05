package sluice.testkit.simulation;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// The accepted end of a simulated connection, with the faults a system call may show.
final class SimStream extends StreamBase implements SimSource {
  private final SimNetwork network;
  private final SimSocket socket;
  private final SplitMix random;
  private final SocketAddress local;
  private final @Nullable SocketAddress remote;
  private SimSocket.@Nullable Watcher watcher;
  private boolean resetOnClose;

  /// Of a connection that was accepted.
  private final @Nullable Witness witness;

  /// What became of connecting: [Status#AGAIN] while that is not known.
  private int outcome;

  SimStream(
      SimBackend backend,
      SimSocket socket,
      SplitMix random,
      SocketAddress local,
      @Nullable SocketAddress remote,
      boolean connected,
      @Nullable Witness witness) {
    super(backend, connected);
    outcome = connected ? Status.END : Status.AGAIN;
    this.network = backend.network();
    this.socket = socket;
    this.random = random;
    this.local = local;
    this.remote = remote;
    this.witness = witness;
    network.streams.add(this);
  }

  /// The connect is decided.
  void decided(int status) {
    network.progress++;
    outcome = status;
    socket.changed();
  }

  @Override
  public int readiness() {
    return switch (outcome) {
      case Status.END -> socket.readiness();
      case Status.AGAIN -> 0;
      default -> SimSocket.READ | SimSocket.WRITE | SimSocket.ERROR | SimSocket.HANGUP;
    };
  }

  @Override
  public void watch(SimSocket.@Nullable Watcher value) {
    watcher = value;
    socket.watch(value);
  }

  /// Tells whether a poller watches it.
  boolean isWatched() {
    return watcher != null;
  }

  @Override
  public int id() {
    return socket.id;
  }

  @Override
  protected int doReceive(ByteBuffer dst) {
    int most = dst.remaining();
    int available = socket.available();
    if (available > 0) {
      if (network.faults.strikes(Fault.FALSE_AGAIN, random)) {
        network.progress++;
        return Status.AGAIN;
      }
      if (available > 1 && network.faults.strikes(Fault.PARTIAL_READ, random)) {
        most = Math.min(most, random.logarithmic(1, available - 1));
      }
    }
    int result = socket.read(dst, most);
    network.note(Trace.Event.READ, id(), result);
    if (witness != null && (result > 0 || result == Status.END)) {
      witness.read(result > 0 ? result : 0, network.schedule.now());
    }
    return result;
  }

  @Override
  protected int doUnsentBytes() {
    return socket.unsent();
  }

  @Override
  protected int doSend(ByteBuffer src) {
    int most = src.remaining();
    if (network.faults.strikes(Fault.FALSE_AGAIN, random)) {
      network.progress++;
      return Status.AGAIN;
    }
    int possible = Math.min(most, socket.room());
    if (possible > 1 && network.faults.strikes(Fault.PARTIAL_WRITE, random)) {
      most = random.logarithmic(1, possible - 1);
    }
    int result = socket.write(src, most);
    network.note(Trace.Event.WRITE, id(), result);
    if (witness != null && result > 0) {
      witness.wrote(result, network.schedule.now());
    }
    return result;
  }

  @Override
  public boolean isHungUp() {
    return (readiness() & SimSocket.HANGUP) != 0;
  }

  @Override
  protected int doFinishConnect() {
    return outcome;
  }

  @Override
  protected int doShutdownOutput() {
    network.note(Trace.Event.SHUTDOWN, id(), 0);
    return socket.shutdownOutput();
  }

  /// Its buffers have the size that the run has drawn.
  @Override
  protected void doLimitSendBuffer(int bytes) {}

  @Override
  protected void doResetOnClose() {
    resetOnClose = true;
  }

  @Override
  protected void free() {
    network.note(resetOnClose ? Trace.Event.RESET : Trace.Event.CLOSE, id(), socket.available());
    network.streams.remove(this);
    socket.close(resetOnClose);
    if (witness != null) {
      network.judge().freed(witness);
    }
  }

  @Override
  public boolean sendUrgent(byte b) {
    throw new UnsupportedOperationException("the simulated network has no urgent data");
  }

  @Override
  public int receiveUrgent() {
    throw new UnsupportedOperationException("the simulated network has no urgent data");
  }

  @Override
  public SocketAddress localAddress() throws IOException {
    requireOpen();
    return local;
  }

  @Override
  public @Nullable SocketAddress peer() {
    return remote;
  }

  @Override
  public SocketAddress remoteAddress() throws IOException {
    requireOpen();
    if (remote == null) {
      throw Status.toException(Status.INVALID, "remoteAddress of " + this, null);
    }
    return remote;
  }

  @Override
  public @Nullable IOException failure() {
    return null;
  }

  @Override
  public String toString() {
    return "StreamSocket[simulated " + id() + "]";
  }
}
