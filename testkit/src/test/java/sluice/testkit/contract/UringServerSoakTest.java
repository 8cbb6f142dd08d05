package sluice.testkit.contract;

import sluice.Backend;

class UringServerSoakTest extends ServerSoakContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
