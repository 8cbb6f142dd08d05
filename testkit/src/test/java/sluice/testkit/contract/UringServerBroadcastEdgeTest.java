package sluice.testkit.contract;

import sluice.Backend;

class UringServerBroadcastEdgeTest extends ServerBroadcastEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
