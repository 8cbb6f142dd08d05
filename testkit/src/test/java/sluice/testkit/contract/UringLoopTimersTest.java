package sluice.testkit.contract;

import sluice.Backend;

class UringLoopTimersTest extends LoopTimersContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
