package sluice.testkit.contract;

import sluice.Backend;

class UringServerLoopsTest extends ServerLoopsContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
