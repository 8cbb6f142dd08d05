package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.fail;

import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/// Waits for conditions that nothing announces. The only place in the suites that lets time pass.
final class Wait {
  /// Long enough for the slowest machine: reached only when the test fails.
  static final long LIMIT_SECONDS = 20;

  private static final long LIMIT_NANOS = LIMIT_SECONDS * 1_000_000_000L;

  private Wait() {}

  /// Lets time pass.
  static void pause(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  /// Returns once `condition` holds; fails the test if it does not within [#LIMIT_SECONDS].
  static void until(String what, Callable<Boolean> condition) throws Exception {
    long start = System.nanoTime();
    while (!condition.call()) {
      if (System.nanoTime() - start > LIMIT_NANOS) {
        fail("after %d s still not: %s", LIMIT_SECONDS, what);
      }
      LockSupport.parkNanos(200_000);
    }
  }
}
