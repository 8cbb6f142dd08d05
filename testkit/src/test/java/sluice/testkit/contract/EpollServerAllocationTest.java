package sluice.testkit.contract;

import sluice.Backend;

class EpollServerAllocationTest extends ServerAllocationContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }

  /// A call that fails must say why, so the JDK slices the memory for `errno` anew in each, and the
  /// compiler does not always see that the slice is not needed: 40 bytes for each of up to five
  /// calls. See `SharedUtils.checkCaptureSegment`.
  @Override
  protected int bytesPerMessageMax() {
    return 200;
  }
}
