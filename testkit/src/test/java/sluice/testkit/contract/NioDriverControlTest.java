package sluice.testkit.contract;

import sluice.Backend;

class NioDriverControlTest extends DriverControlContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
