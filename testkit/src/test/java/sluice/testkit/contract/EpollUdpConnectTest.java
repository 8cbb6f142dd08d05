package sluice.testkit.contract;

import sluice.Backend;

class EpollUdpConnectTest extends UdpConnectContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
