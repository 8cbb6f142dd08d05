package sluice.testkit.contract;

import sluice.Backend;

class UringServerWriteTest extends ServerWriteContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
