package sluice.testkit.contract;

import sluice.Backend;

class NioServerLayersTest extends ServerLayersContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
