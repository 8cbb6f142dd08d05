package sluice.testkit.contract;

import sluice.Backend;

class EpollSelectTest extends SelectContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
