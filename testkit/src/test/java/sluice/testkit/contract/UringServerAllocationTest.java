package sluice.testkit.contract;

import sluice.Backend;

class UringServerAllocationTest extends ServerAllocationContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }

  /// Nothing, or one small object that the compiler does not always see to be of no use: it is 0 in
  /// most runs and 64 in some, for the same code.
  @Override
  protected int bytesPerMessageMax() {
    return 64;
  }
}
