package sluice.testkit.simulation;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import sluice.spi.ListenerBase;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// A simulated listener: connections that clients have established wait here to be accepted.
final class SimListener extends ListenerBase implements SimSource {
  private static final int CLIENT_PORTS = 40_000;
  private static final int CLIENTS_MAX = 20_000;
  private static final byte[] LOOPBACK = {127, 0, 0, 1};

  /// Of the listener's draws; others have the numbers of their sockets.
  private static final int SCARCITY = 3_000_000;

  private final SimNetwork network;
  private final SocketAddress local;
  private final int backlog;
  private final SplitMix random;
  private final SplitMix scarcity;
  private final boolean resetsAreSkipped;
  private final ArrayDeque<SimSocket> waiting = new ArrayDeque<>();
  private SimSocket.@Nullable Watcher watcher;

  SimListener(SimBackend backend, SocketAddress local, int backlog) {
    super(backend);
    this.network = backend.network();
    this.local = local;
    this.backlog = backlog;
    random = network.random.split(200 + network.listeners.size());
    scarcity = random.split(SCARCITY);
    // Linux returns a connection that was reset while it waited, other systems fail the accept.
    resetsAreSkipped = random.onceIn(3);
    network.listeners.add(this);
  }

  SocketAddress address() {
    return local;
  }

  /// A client's connection is established. False if the backlog is full: the client tries again.
  boolean offer(SimSocket socket) {
    if (waiting.size() > backlog) {
      return false;
    }
    network.progress++;
    waiting.add(socket);
    SimSocket.Watcher told = watcher;
    if (told != null) {
      told.changed();
    }
    return true;
  }

  @Override
  protected @Nullable StreamBase doAccept() {
    return completeAccept(takeConnection());
  }

  /// Accepts as the system does: returns the number of a connection, or a failure.
  int takeConnection() {
    SimSocket socket = waiting.peekFirst();
    if (socket == null) {
      return Status.AGAIN;
    }
    if (network.faults.strikes(Fault.FALSE_AGAIN, random)) {
      network.progress++;
      return Status.AGAIN;
    }
    if (network.faults.strikes(Fault.NO_DESCRIPTORS, random)) {
      return Status.NO_DESCRIPTORS;
    }
    if (network.faults.strikes(Fault.NO_MEMORY, scarcity)) {
      return Status.NO_MEMORY;
    }
    waiting.removeFirst();
    network.progress++;
    network.note(Trace.Event.ACCEPT, socket.id, socket.isDead() ? 1 : 0);
    if (socket.isDead()) {
      network.faults.count(Fault.RESET_BEFORE_ACCEPT);
      if (resetsAreSkipped) {
        return Status.RESET;
      }
    }
    return network.unclaimed(socket);
  }

  @Override
  public @Nullable StreamBase completeAccept(int result) {
    if (result < 0) {
      return noConnection(result);
    }
    SimSocket socket = network.claim(result);
    return new SimStream(
        (SimBackend) backend(),
        socket,
        random.split(socket.id),
        local,
        socket.isDead() ? null : client(socket.id),
        true,
        network.judge().accepted(this, socket));
  }

  /// Returns the client that an accepted connection is of, or -1 if it was reset before.
  static int client(SocketAddress remote) {
    return remote instanceof InetSocketAddress inet ? inet.getPort() - CLIENT_PORTS : -1;
  }

  private static SocketAddress client(int id) {
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(LOOPBACK), CLIENT_PORTS + id % CLIENTS_MAX);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public int readiness() {
    return waiting.isEmpty() ? 0 : SimSocket.READ;
  }

  @Override
  public void watch(SimSocket.@Nullable Watcher value) {
    watcher = value;
  }

  @Override
  public int id() {
    return -1;
  }

  /// Resets what nobody has accepted, as systems do.
  @Override
  protected void freeListener() {
    network.listeners.remove(this);
    waiting.forEach(socket -> socket.close(true));
    waiting.clear();
  }

  @Override
  public SocketAddress localAddress() throws IOException {
    requireOpen();
    return local;
  }

  @Override
  public @Nullable IOException failure() {
    return null;
  }

  @Override
  public String toString() {
    return "Listener[simulated " + local + "]";
  }
}
