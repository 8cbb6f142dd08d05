package sluice.testkit.contract;

import sluice.Backend;

class EpollServerLayersEdgeTest extends ServerLayersEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
