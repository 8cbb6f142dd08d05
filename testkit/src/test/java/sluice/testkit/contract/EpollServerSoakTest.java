package sluice.testkit.contract;

import sluice.Backend;

class EpollServerSoakTest extends ServerSoakContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
