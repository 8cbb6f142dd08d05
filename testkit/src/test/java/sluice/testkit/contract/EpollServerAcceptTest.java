package sluice.testkit.contract;

import sluice.Backend;

class EpollServerAcceptTest extends ServerAcceptContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
