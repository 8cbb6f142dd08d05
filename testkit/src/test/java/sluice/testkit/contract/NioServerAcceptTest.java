package sluice.testkit.contract;

import sluice.Backend;

class NioServerAcceptTest extends ServerAcceptContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
