package sluice.testkit.contract;

import sluice.Backend;

class NioStreamFailureTest extends StreamFailureContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
