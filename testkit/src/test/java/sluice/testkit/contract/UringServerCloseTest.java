package sluice.testkit.contract;

import sluice.Backend;

class UringServerCloseTest extends ServerCloseContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
