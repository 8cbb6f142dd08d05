package sluice.testkit.contract;

import sluice.Backend;

class NioPollerTest extends PollerContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }

  @Override
  protected boolean supportsExceptional() {
    return false;
  }
}
