package sluice.testkit.contract;

import sluice.Backend;

class UringServerLingerTest extends ServerLingerContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
