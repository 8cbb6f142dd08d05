package sluice.testkit.contract;

import sluice.Backend;

class NioServerSoakTest extends ServerSoakContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
