package sluice.testkit.contract;

import sluice.Backend;

class UringServerFramesLimitTest extends ServerFramesLimitContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
