package sluice.testkit.contract;

import sluice.Backend;

class UringLoopWatchTest extends LoopWatchContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
