package sluice.testkit.contract;

import sluice.Backend;

class UringServerMemoryTest extends ServerMemoryContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
