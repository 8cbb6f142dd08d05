package sluice.testkit.contract;

import sluice.Backend;

class EpollServerConnectStopTest extends ServerConnectStopContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
