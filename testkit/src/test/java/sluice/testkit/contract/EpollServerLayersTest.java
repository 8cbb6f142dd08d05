package sluice.testkit.contract;

import sluice.Backend;

class EpollServerLayersTest extends ServerLayersContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
