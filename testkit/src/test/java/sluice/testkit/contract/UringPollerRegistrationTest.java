package sluice.testkit.contract;

import sluice.Backend;

class UringPollerRegistrationTest extends PollerRegistrationContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
