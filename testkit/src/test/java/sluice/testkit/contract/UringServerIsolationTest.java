package sluice.testkit.contract;

import sluice.Backend;

class UringServerIsolationTest extends ServerIsolationContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
