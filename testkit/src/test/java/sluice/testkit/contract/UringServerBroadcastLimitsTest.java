package sluice.testkit.contract;

import sluice.Backend;

class UringServerBroadcastLimitsTest extends ServerBroadcastLimitsContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
