package sluice.testkit.contract;

import sluice.Backend;

class NioServerBroadcastLimitsTest extends ServerBroadcastLimitsContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
