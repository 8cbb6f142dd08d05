package sluice.testkit.contract;

import sluice.Backend;

class EpollServerConnectTest extends ServerConnectContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
