package sluice.testkit.contract;

import sluice.Backend;

class EpollServerAllocationTest extends ServerAllocationContract {
  @Override
  protected Backend backend() {
    return Backend.of("epoll");
  }

  /// A call that fails must say why, so each has the JDK slice the memory for `errno` anew, and the
  /// compiler does not always see that the slice is not needed: 40 bytes for each of three calls,
  /// at most. See `SharedUtils.checkCaptureSegment`.
  @Override
  protected int bytesPerMessageMax() {
    return 160;
  }
}
