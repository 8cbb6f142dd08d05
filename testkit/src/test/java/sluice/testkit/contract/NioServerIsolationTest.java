package sluice.testkit.contract;

import sluice.Backend;

class NioServerIsolationTest extends ServerIsolationContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
