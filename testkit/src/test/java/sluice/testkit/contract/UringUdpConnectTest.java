package sluice.testkit.contract;

import sluice.Backend;

class UringUdpConnectTest extends UdpConnectContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
