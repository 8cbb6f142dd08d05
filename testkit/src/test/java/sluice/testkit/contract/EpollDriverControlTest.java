package sluice.testkit.contract;

import sluice.Backend;

class EpollDriverControlTest extends DriverControlContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
