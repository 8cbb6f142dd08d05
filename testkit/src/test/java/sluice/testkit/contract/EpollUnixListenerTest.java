package sluice.testkit.contract;

import sluice.Backend;

class EpollUnixListenerTest extends UnixListenerContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }
}
