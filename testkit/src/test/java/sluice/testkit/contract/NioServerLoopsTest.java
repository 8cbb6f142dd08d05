package sluice.testkit.contract;

import sluice.Backend;

class NioServerLoopsTest extends ServerLoopsContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
