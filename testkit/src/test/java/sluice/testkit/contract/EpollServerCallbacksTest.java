package sluice.testkit.contract;

import sluice.Backend;

class EpollServerCallbacksTest extends ServerCallbacksContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
