package sluice.testkit.contract;

import sluice.Backend;

class NioLoopTest extends LoopContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
