package sluice.testkit.contract;

import sluice.Backend;

class EpollDriverTest extends DriverContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
