package sluice.testkit.contract;

import sluice.Backend;

class UringServerLayerFailuresTest extends ServerLayerFailuresContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
