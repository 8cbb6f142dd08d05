package sluice.testkit.contract;

import sluice.Backend;

class UringServerAcceptTest extends ServerAcceptContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
