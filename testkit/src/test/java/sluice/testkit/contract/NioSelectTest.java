package sluice.testkit.contract;

import sluice.Backend;

class NioSelectTest extends SelectContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }

  @Override
  protected boolean supportsExceptional() {
    return false;
  }
}
