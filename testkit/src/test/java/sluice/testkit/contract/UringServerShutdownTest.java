package sluice.testkit.contract;

import sluice.Backend;

class UringServerShutdownTest extends ServerShutdownContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
