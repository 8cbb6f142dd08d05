package sluice.testkit.contract;

import sluice.Backend;

class EpollServerWriteTest extends ServerWriteContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
