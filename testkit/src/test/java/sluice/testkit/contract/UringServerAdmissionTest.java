package sluice.testkit.contract;

import sluice.Backend;

class UringServerAdmissionTest extends ServerAdmissionContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
