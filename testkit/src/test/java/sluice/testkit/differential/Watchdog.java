package sluice.testkit.differential;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Ends the program when one script takes for ever: some of them wait without a limit, for what is
/// there already.
final class Watchdog {
  private static final int PATIENCE_SECONDS = 60;

  private volatile @Nullable Script current;

  private Watchdog() {}

  static Watchdog start() {
    Watchdog watchdog = new Watchdog();
    Thread.ofPlatform().daemon().name("watchdog").start(watchdog::watch);
    return watchdog;
  }

  /// Begins to watch this one, or nothing.
  void see(@Nullable Script script) {
    current = script;
  }

  @SuppressWarnings("ReferenceEquality") // two scripts may be equal, and each have its time
  private void watch() {
    Script seen = current;
    int seconds = 0;
    while (seconds < PATIENCE_SECONDS) {
      try {
        TimeUnit.SECONDS.sleep(1);
      } catch (InterruptedException _) {
        return;
      }
      Script now = current;
      seconds = now != null && now == seen ? seconds + 1 : 0;
      seen = now;
    }
    System.out.printf("FAIL no end after %d s: %s%n", seconds, seen == null ? "" : seen.text());
    Runtime.getRuntime().halt(1);
  }
}
