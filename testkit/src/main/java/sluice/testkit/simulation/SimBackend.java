package sluice.testkit.simulation;

import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import sluice.Descriptors;
import sluice.Listener;
import sluice.Pollable;
import sluice.Poller;
import sluice.StreamSocket;
import sluice.UdpSocket;
import sluice.linux.uring.UringDriver;
import sluice.spi.Addresses;
import sluice.spi.BackendProvider;
import sluice.spi.Driver;

/// A backend whose network, clock and threads are simulated. The drivers and all above are the
/// shipped ones: which of the two it is, the seed says. Confined to one thread.
final class SimBackend implements BackendProvider {
  private final SimNetwork network;
  private final SimHost host;

  /// Whether its loops run on rings.
  private final boolean rings;

  SimBackend(SimNetwork network, SimHost host) {
    this.network = network;
    this.host = host;
    rings = network.random.split(9).onceIn(2);
  }

  SimNetwork network() {
    return network;
  }

  @Override
  public String name() {
    return "simulated";
  }

  @Override
  public int preference() {
    return -1;
  }

  @Override
  public @Nullable String refusal() {
    return null;
  }

  @Override
  public void checkInterest(int interest) {
    if ((interest & 4) != 0) {
      throw new UnsupportedOperationException("the simulated network has no urgent data");
    }
  }

  @Override
  public SimHost host() {
    return host;
  }

  @Override
  public Listener listen(SocketAddress address, int backlog) {
    Addresses.checkListen(address, backlog);
    return new SimListener(this, address, backlog);
  }

  @Override
  public StreamSocket connect(SocketAddress remote) {
    Addresses.checkConnect(remote);
    return new SimConnect(this, remote).stream();
  }

  @Override
  public UdpSocket bindUdp(SocketAddress local) {
    throw new UnsupportedOperationException("the simulated network has no datagrams");
  }

  @Override
  public Descriptors descriptors() {
    throw new UnsupportedOperationException("the simulated network has no descriptors");
  }

  @Override
  public Driver openDriver() throws IOException {
    return rings ? new UringDriver(host, new SimRing(this)) : BackendProvider.super.openDriver();
  }

  @Override
  public <A> Poller<A> openPoller() {
    return new SimPoller<>(this);
  }

  @Override
  public int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos) {
    throw new UnsupportedOperationException("the simulated network has no select");
  }
}
