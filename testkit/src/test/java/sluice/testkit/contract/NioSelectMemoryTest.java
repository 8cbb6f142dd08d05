package sluice.testkit.contract;

import sluice.Backend;

class NioSelectMemoryTest extends SelectMemoryContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }

  @Override
  protected boolean supportsExceptional() {
    return false;
  }
}
