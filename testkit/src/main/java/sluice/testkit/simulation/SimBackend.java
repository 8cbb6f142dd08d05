package sluice.testkit.simulation;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import sluice.Descriptors;
import sluice.Listener;
import sluice.Pollable;
import sluice.Poller;
import sluice.StreamSocket;
import sluice.UdpSocket;
import sluice.spi.Addresses;
import sluice.spi.BackendProvider;

/// A backend whose network, clock and threads are simulated. The driver and all above are the
/// shipped ones. Confined to one thread.
final class SimBackend implements BackendProvider {
  private final SimNetwork network;
  private final SimHost host;

  SimBackend(SimNetwork network, SimHost host) {
    this.network = network;
    this.host = host;
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
  public <A> Poller<A> openPoller() {
    return new SimPoller<>(this);
  }

  @Override
  public int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos) {
    throw new UnsupportedOperationException("the simulated network has no select");
  }
}
