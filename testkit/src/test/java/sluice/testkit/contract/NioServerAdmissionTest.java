package sluice.testkit.contract;

import sluice.Backend;

class NioServerAdmissionTest extends ServerAdmissionContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
