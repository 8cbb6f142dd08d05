package sluice.testkit.contract;

import sluice.Backend;

class NioServerShutdownTest extends ServerShutdownContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
