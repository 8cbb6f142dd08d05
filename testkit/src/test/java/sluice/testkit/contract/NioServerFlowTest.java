package sluice.testkit.contract;

import sluice.Backend;

class NioServerFlowTest extends ServerFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
