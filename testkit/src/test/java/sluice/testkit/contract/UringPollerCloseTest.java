package sluice.testkit.contract;

import sluice.Backend;

class UringPollerCloseTest extends PollerCloseContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
