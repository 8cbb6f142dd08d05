package sluice.testkit.contract;

import sluice.Backend;

class NioServerLayersFlowTest extends ServerLayersFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
