package sluice.testkit.contract;

import sluice.Backend;

class UringServerStartTest extends ServerStartContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
