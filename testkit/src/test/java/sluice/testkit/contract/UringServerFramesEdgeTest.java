package sluice.testkit.contract;

import sluice.Backend;

class UringServerFramesEdgeTest extends ServerFramesEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
