package sluice.testkit.contract;

import sluice.Backend;

class UringServerFramesFlowTest extends ServerFramesFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
