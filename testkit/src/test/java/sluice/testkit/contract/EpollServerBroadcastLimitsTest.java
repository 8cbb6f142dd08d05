package sluice.testkit.contract;

import sluice.Backend;

class EpollServerBroadcastLimitsTest extends ServerBroadcastLimitsContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
