package sluice.testkit.contract;

import sluice.Backend;

class UringServerConnectStopTest extends ServerConnectStopContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
