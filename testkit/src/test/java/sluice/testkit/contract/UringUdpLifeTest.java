package sluice.testkit.contract;

import sluice.Backend;

class UringUdpLifeTest extends UdpLifeContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
