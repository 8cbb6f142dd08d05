package sluice.testkit.contract;

import sluice.Backend;

class EpollSelectMemoryTest extends SelectMemoryContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
