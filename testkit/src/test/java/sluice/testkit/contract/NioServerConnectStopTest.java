package sluice.testkit.contract;

import sluice.Backend;

class NioServerConnectStopTest extends ServerConnectStopContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
