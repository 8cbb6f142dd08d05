package sluice.testkit.contract;

import sluice.Backend;

class EpollStreamTest extends StreamContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
