package sluice.testkit.contract;

import sluice.Backend;

class UringServerStopTest extends ServerStopContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
