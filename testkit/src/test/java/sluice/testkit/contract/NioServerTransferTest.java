package sluice.testkit.contract;

import sluice.Backend;

class NioServerTransferTest extends ServerTransferContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
