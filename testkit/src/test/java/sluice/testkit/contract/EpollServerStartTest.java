package sluice.testkit.contract;

import sluice.Backend;

class EpollServerStartTest extends ServerStartContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
