package sluice.testkit.contract;

import sluice.Backend;

class UringStreamTest extends StreamContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
