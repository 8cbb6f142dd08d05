package sluice.testkit.contract;

import sluice.Backend;

class UringLoopTest extends LoopContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
