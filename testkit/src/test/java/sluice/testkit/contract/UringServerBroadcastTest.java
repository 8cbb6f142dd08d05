package sluice.testkit.contract;

import sluice.Backend;

class UringServerBroadcastTest extends ServerBroadcastContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
