package sluice.testkit.contract;

import sluice.Backend;

class EpollServerFramesFlowTest extends ServerFramesFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
