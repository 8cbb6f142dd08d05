package sluice.testkit.contract;

import sluice.Backend;

class EpollServerBroadcastEdgeTest extends ServerBroadcastEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
