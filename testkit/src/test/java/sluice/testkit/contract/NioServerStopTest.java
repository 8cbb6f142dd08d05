package sluice.testkit.contract;

import sluice.Backend;

class NioServerStopTest extends ServerStopContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
