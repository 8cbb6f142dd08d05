package sluice.testkit.contract;

import sluice.Backend;

class UringStreamFailureTest extends StreamFailureContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
