package sluice.testkit.contract;

import sluice.Backend;

class NioServerWriteTest extends ServerWriteContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
