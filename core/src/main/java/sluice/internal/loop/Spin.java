package sluice.internal.loop;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import sluice.spi.Driver;
import sluice.spi.Printable;

/// Finds out that a loop does not sleep although it has nothing to do, and says so. Confined to the
/// loop.
///
/// Netty does the same for a selector that returns for nothing, after 512 times.
final class Spin {
  private static final System.Logger LOG = System.getLogger("sluice");
  private static final int TURNS = 512;
  private static final long WITHIN = Duration.ofSeconds(1).toNanos();

  private final String loop;
  private final LongSupplier clock;
  private long workBefore;
  private int turns;
  private long since;
  private final LogBudget log = new LogBudget(1, Duration.ofSeconds(10));

  /// Watches the loop of that name, by a clock of nanoseconds.
  Spin(String loop, LongSupplier clock) {
    this.loop = loop;
    this.clock = clock;
  }

  /// The driver has waited and returned.
  ///
  /// @param work how much the loop has done until now
  void turned(long work, Driver driver) {
    if (work != workBefore) {
      workBefore = work;
      turns = 0;
    } else if (turns++ == 0) {
      since = clock.getAsLong();
    } else if (turns == TURNS) {
      turns = 0;
      long now = clock.getAsLong();
      if (now - since < WITHIN && log.take(now) != null) {
        tell(now - since, driver.suspect());
      }
    }
  }

  private void tell(long nanos, @Nullable Object suspect) {
    LOG.log(
        System.Logger.Level.WARNING,
        "loop.spin loop={0} turns={1} ms={2} source=\"{3}\"",
        loop,
        TURNS,
        Duration.ofNanos(nanos).toMillis(),
        suspect == null ? "-" : Printable.of(suspect.toString()));
  }
}
