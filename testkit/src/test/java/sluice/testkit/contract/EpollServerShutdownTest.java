package sluice.testkit.contract;

import sluice.Backend;

class EpollServerShutdownTest extends ServerShutdownContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
