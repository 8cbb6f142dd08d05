package sluice.testkit.contract;

import sluice.Backend;

class NioServerStartTest extends ServerStartContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }

  @Override
  protected boolean servesUnwritableNames() {
    return false; // the JDK cannot
  }
}
