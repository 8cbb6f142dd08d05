package sluice.testkit.contract;

import sluice.Backend;

class EpollServerBroadcastTest extends ServerBroadcastContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
