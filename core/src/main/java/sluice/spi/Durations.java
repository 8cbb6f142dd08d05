package sluice.spi;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Turns the `Duration` of the API into the nanoseconds of the inside, without overflow.
public final class Durations {
  /// Waits for ever: 292 years.
  public static final long FOREVER = Long.MAX_VALUE;

  private Durations() {}

  /// Returns `duration` in nanoseconds, at most [#FOREVER] and at least the opposite.
  public static long saturatedNanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException _) {
      return duration.isNegative() ? -FOREVER : FOREVER;
    }
  }

  /// Returns a timeout in nanoseconds; null is [#FOREVER].
  ///
  /// @throws IllegalArgumentException if it is negative
  public static long timeoutNanos(@Nullable Duration timeout) {
    if (timeout == null) {
      return FOREVER;
    }
    if (timeout.isNegative()) {
      throw new IllegalArgumentException(
          "timeout must not be negative, but is " + timeout + " (null waits for ever)");
    }
    return saturatedNanos(timeout);
  }

  /// Returns what is left of `timeoutNanos` begun at `startNanos`; [#FOREVER] stays so.
  public static long remaining(long timeoutNanos, long startNanos, long nowNanos) {
    return timeoutNanos == FOREVER ? FOREVER : Math.max(0, timeoutNanos - (nowNanos - startNanos));
  }

  /// Returns what is left until `deadlineNanos`; [#FOREVER] stays so.
  public static long until(long deadlineNanos, long nowNanos) {
    return deadlineNanos == FOREVER ? FOREVER : Math.max(0, deadlineNanos - nowNanos);
  }

  /// Returns whole milliseconds, rounded up so that no wait ends early, at most `max`.
  public static int ceilMillis(long nanos, int max) {
    long millis = nanos / 1_000_000 + (nanos % 1_000_000 == 0 ? 0 : 1);
    return (int) Math.min(millis, max);
  }
}
