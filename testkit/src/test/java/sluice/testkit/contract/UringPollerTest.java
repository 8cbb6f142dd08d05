package sluice.testkit.contract;

import sluice.Backend;

class UringPollerTest extends PollerContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
