package sluice.testkit.contract;

import sluice.Backend;

class UringServerLayersTest extends ServerLayersContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
