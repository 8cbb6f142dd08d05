package sluice.testkit.contract;

import sluice.Backend;

class UringDriverControlTest extends DriverControlContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
