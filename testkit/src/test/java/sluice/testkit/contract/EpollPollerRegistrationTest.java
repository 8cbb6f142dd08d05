package sluice.testkit.contract;

import sluice.Backend;

class EpollPollerRegistrationTest extends PollerRegistrationContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
