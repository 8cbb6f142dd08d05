package sluice.testkit.contract;

import sluice.Backend;

class NioServerLayerFailuresTest extends ServerLayerFailuresContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
