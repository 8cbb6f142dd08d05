package sluice.testkit.contract;

import sluice.Backend;

class NioServerRacesTest extends ServerRacesContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
