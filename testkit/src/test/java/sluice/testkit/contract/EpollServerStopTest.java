package sluice.testkit.contract;

import sluice.Backend;

class EpollServerStopTest extends ServerStopContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
