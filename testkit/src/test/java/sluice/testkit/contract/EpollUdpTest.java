package sluice.testkit.contract;

import sluice.Backend;

class EpollUdpTest extends UdpContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
