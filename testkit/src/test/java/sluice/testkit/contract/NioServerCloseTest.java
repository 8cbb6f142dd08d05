package sluice.testkit.contract;

import sluice.Backend;

class NioServerCloseTest extends ServerCloseContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
