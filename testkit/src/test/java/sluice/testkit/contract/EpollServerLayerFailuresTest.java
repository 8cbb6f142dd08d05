package sluice.testkit.contract;

import sluice.Backend;

class EpollServerLayerFailuresTest extends ServerLayerFailuresContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
