package sluice.testkit.contract;

import sluice.Backend;

class NioPollerCloseTest extends PollerCloseContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
