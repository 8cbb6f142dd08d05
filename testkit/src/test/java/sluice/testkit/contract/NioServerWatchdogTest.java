package sluice.testkit.contract;

import sluice.Backend;

class NioServerWatchdogTest extends ServerWatchdogContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
