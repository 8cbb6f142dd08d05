package sluice.testkit.contract;

import sluice.Backend;

class NioDriverTest extends DriverContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
