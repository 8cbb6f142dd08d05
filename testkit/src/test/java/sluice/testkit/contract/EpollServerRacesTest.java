package sluice.testkit.contract;

import sluice.Backend;

class EpollServerRacesTest extends ServerRacesContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
