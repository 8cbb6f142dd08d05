package sluice.testkit.contract;

import sluice.Backend;

class UringServerRacesTest extends ServerRacesContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
