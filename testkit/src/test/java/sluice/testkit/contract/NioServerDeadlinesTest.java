package sluice.testkit.contract;

import sluice.Backend;

class NioServerDeadlinesTest extends ServerDeadlinesContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }
}
