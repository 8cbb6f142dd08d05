package sluice.testkit.contract;

import sluice.Backend;

class EpollServerLoopsTest extends ServerLoopsContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
