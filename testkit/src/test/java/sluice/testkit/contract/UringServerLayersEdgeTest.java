package sluice.testkit.contract;

import sluice.Backend;

class UringServerLayersEdgeTest extends ServerLayersEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
