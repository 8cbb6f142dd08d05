package sluice.testkit.contract;

import sluice.Backend;

class EpollLoopWatchTest extends LoopWatchContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
