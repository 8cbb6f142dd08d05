package sluice.testkit.contract;

import sluice.Backend;

class EpollLoopTest extends LoopContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
