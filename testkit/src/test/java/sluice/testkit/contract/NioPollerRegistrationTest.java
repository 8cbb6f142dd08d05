package sluice.testkit.contract;

import sluice.Backend;

class NioPollerRegistrationTest extends PollerRegistrationContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
