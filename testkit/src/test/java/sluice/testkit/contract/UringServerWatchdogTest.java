package sluice.testkit.contract;

import sluice.Backend;

class UringServerWatchdogTest extends ServerWatchdogContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
