package sluice.testkit.contract;

import sluice.Backend;

class NioUdpLifeTest extends UdpLifeContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
