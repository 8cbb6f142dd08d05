package sluice.testkit.contract;

import sluice.Backend;

class NioServerFramesLimitTest extends ServerFramesLimitContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
