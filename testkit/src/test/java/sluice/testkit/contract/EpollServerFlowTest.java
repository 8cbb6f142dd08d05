package sluice.testkit.contract;

import sluice.Backend;

class EpollServerFlowTest extends ServerFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
