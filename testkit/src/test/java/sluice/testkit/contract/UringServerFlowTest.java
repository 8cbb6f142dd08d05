package sluice.testkit.contract;

import sluice.Backend;

class UringServerFlowTest extends ServerFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
