package sluice.testkit.contract;

import sluice.Backend;

class NioSelectWaitTest extends SelectWaitContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
