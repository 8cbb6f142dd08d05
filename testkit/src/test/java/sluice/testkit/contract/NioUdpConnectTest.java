package sluice.testkit.contract;

import sluice.Backend;

class NioUdpConnectTest extends UdpConnectContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
