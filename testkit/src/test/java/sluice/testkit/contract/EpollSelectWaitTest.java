package sluice.testkit.contract;

import sluice.Backend;

class EpollSelectWaitTest extends SelectWaitContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
