package sluice.testkit.contract;

import sluice.Backend;

class NioServerCallbacksTest extends ServerCallbacksContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
