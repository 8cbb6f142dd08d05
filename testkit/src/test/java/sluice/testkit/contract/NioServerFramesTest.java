package sluice.testkit.contract;

import sluice.Backend;

class NioServerFramesTest extends ServerFramesContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
