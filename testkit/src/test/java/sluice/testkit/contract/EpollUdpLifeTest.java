package sluice.testkit.contract;

import sluice.Backend;

class EpollUdpLifeTest extends UdpLifeContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
