package sluice.testkit.contract;

import sluice.Backend;

class EpollServerWatchdogTest extends ServerWatchdogContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
