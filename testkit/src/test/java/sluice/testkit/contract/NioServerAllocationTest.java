package sluice.testkit.contract;

import sluice.Backend;

class NioServerAllocationTest extends ServerAllocationContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }

  /// A selector of the JDK makes its keys and sets anew.
  @Override
  protected int bytesPerMessageMax() {
    return 300;
  }
}
