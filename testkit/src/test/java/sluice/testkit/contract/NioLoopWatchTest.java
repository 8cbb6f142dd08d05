package sluice.testkit.contract;

import sluice.Backend;

class NioLoopWatchTest extends LoopWatchContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }

  @Override
  protected boolean supportsExceptional() {
    return false;
  }
}
