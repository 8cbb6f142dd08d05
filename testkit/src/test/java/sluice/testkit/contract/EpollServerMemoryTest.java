package sluice.testkit.contract;

import sluice.Backend;

class EpollServerMemoryTest extends ServerMemoryContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
