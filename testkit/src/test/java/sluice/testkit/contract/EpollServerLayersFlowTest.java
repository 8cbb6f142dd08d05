package sluice.testkit.contract;

import sluice.Backend;

class EpollServerLayersFlowTest extends ServerLayersFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
