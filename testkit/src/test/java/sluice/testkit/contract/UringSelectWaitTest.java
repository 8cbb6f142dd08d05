package sluice.testkit.contract;

import sluice.Backend;

class UringSelectWaitTest extends SelectWaitContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
