package sluice.testkit.contract;

import sluice.Backend;

class UringServerFramesTest extends ServerFramesContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
