package sluice.testkit.contract;

import sluice.Backend;

class UringServerTransferTest extends ServerTransferContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
