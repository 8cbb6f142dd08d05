package sluice.testkit.contract;

import sluice.Backend;

class EpollServerCloseTest extends ServerCloseContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
