package sluice.testkit.contract;

import sluice.Backend;

class EpollPollerTest extends PollerContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
