package sluice.testkit.contract;

import sluice.Backend;

class UringServerHandlerTest extends ServerHandlerContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
