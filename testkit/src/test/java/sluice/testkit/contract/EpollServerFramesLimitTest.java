package sluice.testkit.contract;

import sluice.Backend;

class EpollServerFramesLimitTest extends ServerFramesLimitContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
