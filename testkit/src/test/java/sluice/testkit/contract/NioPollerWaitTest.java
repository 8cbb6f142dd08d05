package sluice.testkit.contract;

import sluice.Backend;

class NioPollerWaitTest extends PollerWaitContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
