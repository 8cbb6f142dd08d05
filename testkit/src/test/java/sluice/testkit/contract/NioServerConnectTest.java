package sluice.testkit.contract;

import sluice.Backend;

class NioServerConnectTest extends ServerConnectContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
