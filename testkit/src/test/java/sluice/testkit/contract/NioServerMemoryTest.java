package sluice.testkit.contract;

import sluice.Backend;

class NioServerMemoryTest extends ServerMemoryContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
