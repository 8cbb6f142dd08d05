package sluice.testkit.contract;

import sluice.Backend;

class NioServerFramesFlowTest extends ServerFramesFlowContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
