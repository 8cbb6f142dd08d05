package sluice.testkit.contract;

import sluice.Backend;

class EpollServerTransferTest extends ServerTransferContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
