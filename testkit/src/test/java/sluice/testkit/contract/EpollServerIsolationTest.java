package sluice.testkit.contract;

import sluice.Backend;

class EpollServerIsolationTest extends ServerIsolationContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
