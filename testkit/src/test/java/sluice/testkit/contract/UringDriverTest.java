package sluice.testkit.contract;

import sluice.Backend;

class UringDriverTest extends DriverContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
