package sluice.testkit.contract;

import sluice.Backend;

class EpollStreamFailureTest extends StreamFailureContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
