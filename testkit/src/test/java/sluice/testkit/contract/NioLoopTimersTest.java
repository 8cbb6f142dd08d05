package sluice.testkit.contract;

import sluice.Backend;

class NioLoopTimersTest extends LoopTimersContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
