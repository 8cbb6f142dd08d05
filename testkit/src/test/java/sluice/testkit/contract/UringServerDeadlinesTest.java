package sluice.testkit.contract;

import sluice.Backend;

class UringServerDeadlinesTest extends ServerDeadlinesContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
