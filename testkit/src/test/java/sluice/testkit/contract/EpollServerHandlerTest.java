package sluice.testkit.contract;

import sluice.Backend;

class EpollServerHandlerTest extends ServerHandlerContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
