package sluice.testkit.contract;

import sluice.Backend;

class EpollPollerWaitTest extends PollerWaitContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
