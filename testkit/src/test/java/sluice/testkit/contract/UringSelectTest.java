package sluice.testkit.contract;

import sluice.Backend;

class UringSelectTest extends SelectContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
