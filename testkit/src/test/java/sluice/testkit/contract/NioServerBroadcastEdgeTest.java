package sluice.testkit.contract;

import sluice.Backend;

class NioServerBroadcastEdgeTest extends ServerBroadcastEdgeContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
