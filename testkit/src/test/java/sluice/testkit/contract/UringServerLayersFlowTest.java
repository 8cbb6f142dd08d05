package sluice.testkit.contract;

import sluice.Backend;

class UringServerLayersFlowTest extends ServerLayersFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
