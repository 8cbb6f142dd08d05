package sluice.testkit.contract;

import sluice.Backend;

class EpollServerAdmissionTest extends ServerAdmissionContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
