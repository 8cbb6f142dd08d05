package sluice.testkit.contract;

import sluice.Backend;

class EpollServerFramesEdgeTest extends ServerFramesEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
