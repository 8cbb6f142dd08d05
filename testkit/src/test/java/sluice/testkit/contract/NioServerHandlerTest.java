package sluice.testkit.contract;

import sluice.Backend;

class NioServerHandlerTest extends ServerHandlerContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
