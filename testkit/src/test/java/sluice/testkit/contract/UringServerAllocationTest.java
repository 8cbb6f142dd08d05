package sluice.testkit.contract;

import sluice.Backend;

class UringServerAllocationTest extends ServerAllocationContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }

  /// Nothing at all, once everything is compiled.
  @Override
  protected int bytesPerMessageMax() {
    return 0;
  }
}
