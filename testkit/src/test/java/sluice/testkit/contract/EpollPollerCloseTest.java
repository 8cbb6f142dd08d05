package sluice.testkit.contract;

import sluice.Backend;

class EpollPollerCloseTest extends PollerCloseContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
