package sluice.testkit.simulation;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import sluice.spi.Status;

/// A connect of the program under test on its way to a listener.
final class SimConnect extends Schedule.Actor {
  private static final long RETRY_NANOS = 1_000_000_000;
  private static final int BUFFER_BYTES_MIN = 64;
  private static final int BUFFER_BYTES_MAX = 16_384;

  /// Below are the numbers of clients.
  private static final int NUMBERS_FROM = 10_000;

  private final SimNetwork network;
  private final SocketAddress remote;
  private final SimSocket accepted;
  private final SimStream stream;
  private final SplitMix ports;

  SimConnect(SimBackend backend, SocketAddress remote) {
    this(backend, remote, backend.network().nextConnect());
  }

  private SimConnect(SimBackend backend, SocketAddress remote, int count) {
    super(backend.network().random.split(2_000_000 + count));
    network = backend.network();
    this.remote = remote;
    int number = NUMBERS_FROM + count;
    int near = random.logarithmic(BUFFER_BYTES_MIN, BUFFER_BYTES_MAX);
    int far = random.logarithmic(BUFFER_BYTES_MIN, BUFFER_BYTES_MAX);
    SimPipe up = new SimPipe(network, random.split(1), near, far);
    SimPipe down = new SimPipe(network, random.split(2), far, near);
    SimSocket mine = new SimSocket(network, number, down, up);
    accepted = new SimSocket(network, number, up, down);
    up.join(mine, accepted);
    down.join(accepted, mine);
    SocketAddress local = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    stream = new SimStream(backend, mine, random.split(3), local, remote, false, null);
    ports = random.split(4);
    network.schedule.at(this, network.schedule.now() + network.latency(random));
  }

  SimStream stream() {
    return stream;
  }

  @Override
  void act() {
    if (!stream.isOpen()) {
      return; // given up
    }
    SimListener listener = network.listener(remote);
    if (network.faults.strikes(Fault.NO_PORTS, ports)) {
      fail(Status.OTHER); // EADDRNOTAVAIL
    } else if (listener == null || network.faults.strikes(Fault.CONNECT_REFUSED, random)) {
      fail(Status.REFUSED);
    } else if (listener.offer(accepted)) {
      stream.decided(Status.END);
    } else {
      network.schedule.at(this, network.schedule.now() + RETRY_NANOS);
    }
  }

  private void fail(int status) {
    network.failedConnects++;
    stream.decided(status);
  }
}
