package sluice.testkit.contract;

import sluice.Backend;

class UringServerCallbacksTest extends ServerCallbacksContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
