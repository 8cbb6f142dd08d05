package sluice.testkit.contract;

import sluice.Backend;

class NioServerLayersEdgeTest extends ServerLayersEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
