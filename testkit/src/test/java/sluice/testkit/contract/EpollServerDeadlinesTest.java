package sluice.testkit.contract;

import sluice.Backend;

class EpollServerDeadlinesTest extends ServerDeadlinesContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
