package sluice.testkit.contract;

import sluice.Backend;

class NioServerLingerTest extends ServerLingerContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
