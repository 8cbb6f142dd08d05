package sluice.testkit.contract;

import sluice.Backend;

class NioStreamTest extends StreamContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }

  @Override
  protected boolean supportsExceptional() {
    return false;
  }
}
