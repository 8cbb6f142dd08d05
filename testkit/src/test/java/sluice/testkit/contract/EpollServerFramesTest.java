package sluice.testkit.contract;

import sluice.Backend;

class EpollServerFramesTest extends ServerFramesContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
