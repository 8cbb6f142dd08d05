package sluice.testkit.contract;

import sluice.Backend;

class NioUdpTest extends UdpContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
