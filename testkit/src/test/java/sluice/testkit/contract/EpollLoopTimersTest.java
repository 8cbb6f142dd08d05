package sluice.testkit.contract;

import sluice.Backend;

class EpollLoopTimersTest extends LoopTimersContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
