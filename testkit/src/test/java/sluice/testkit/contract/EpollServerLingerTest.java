package sluice.testkit.contract;

import sluice.Backend;

class EpollServerLingerTest extends ServerLingerContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
