package sluice.testkit.contract;

import sluice.Backend;

class NioUnixListenerTest extends UnixListenerContract {
  @Override
  protected Backend backend() {
    return Backend.of("nio");
  }

  @Override
  protected int pathBytesMax() {
    return 106; // the JDK leaves room for two bytes more than the system needs
  }
}
