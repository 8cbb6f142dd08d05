package sluice.internal.loop;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How often one kind of event is logged: so many lines in a period, and with the next line how
/// many there was no room for. A peer can cause events at will, and a log is not free. Thread-safe.
public final class LogBudget {
  private final int linesPerPeriod;
  private final long periodNanos;
  private long periodBegan;
  private int lines;
  private long suppressed;

  /// So many lines in each `period`.
  public LogBudget(int linesPerPeriod, Duration period) {
    this.linesPerPeriod = linesPerPeriod;
    this.periodNanos = period.toNanos();
    this.lines = linesPerPeriod;
  }

  /// Ten lines a second.
  public LogBudget() {
    this(10, Duration.ofSeconds(1));
  }

  /// Takes room for a line. Returns what to write behind it, or null if there is no room.
  public synchronized @Nullable String take(long now) {
    if (lines == linesPerPeriod || now - periodBegan >= periodNanos) {
      periodBegan = now;
      lines = linesPerPeriod;
    }
    if (lines == 0) {
      suppressed++;
      return null;
    }
    lines--;
    long count = suppressed;
    suppressed = 0;
    return count == 0 ? "" : " suppressed=" + count;
  }
}
