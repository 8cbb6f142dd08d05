package sluice.testkit.contract;

import sluice.Backend;

class NioServerBroadcastTest extends ServerBroadcastContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
