package sluice.testkit.contract;

import sluice.Backend;

class UringSelectMemoryTest extends SelectMemoryContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
