package sluice.testkit.contract;

import sluice.Backend;

class UringUnixListenerTest extends UnixListenerContract {
  @Override
  protected Backend backend() {
    return Backend.of("io_uring");
  }
}
