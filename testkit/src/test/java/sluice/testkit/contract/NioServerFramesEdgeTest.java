package sluice.testkit.contract;

import sluice.Backend;

class NioServerFramesEdgeTest extends ServerFramesEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
