package sluice.testkit.contract;

import sluice.Backend;

class UringPollerWaitTest extends PollerWaitContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
