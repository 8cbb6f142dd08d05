package sluice.testkit.contract;

import sluice.Backend;

class UringServerConnectTest extends ServerConnectContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
