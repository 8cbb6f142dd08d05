package sluice.testkit.contract;

import sluice.Backend;

class UringUdpTest extends UdpContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
