package sluice.testkit.simulation;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Keeps what simulated servers log off the console and makes an error a violation: a loop that
/// died or a callback that failed shows there and perhaps nowhere else. For the current thread.
final class LogWatch implements AutoCloseable {
  private static final ThreadLocal<@Nullable LogWatch> CURRENT = new ThreadLocal<>();

  /// Kept here, because the log manager would forget it.
  private static final Logger LOGGER = Logger.getLogger("sluice");

  static {
    LOGGER.setFilter(LogWatch::outsideSimulations);
  }

  private final SimNetwork network;

  private LogWatch(SimNetwork network) {
    this.network = network;
  }

  static LogWatch open(SimNetwork network) {
    LogWatch watch = new LogWatch(network);
    CURRENT.set(watch);
    return watch;
  }

  private static boolean outsideSimulations(LogRecord record) {
    LogWatch watch = CURRENT.get();
    if (watch == null) {
      return true;
    }
    if (isPlanned(record)) {
      return false;
    }
    if (record.getLevel().intValue() >= Level.SEVERE.intValue()) {
      watch.network.violate("log", -1, describe(record));
    }
    return false;
  }

  private static boolean isPlanned(LogRecord record) {
    Object[] parameters = record.getParameters();
    return record.getThrown() instanceof Observed.Planned
        || (parameters != null && List.of(parameters).contains(Observed.Planned.class.getName()));
  }

  private static String describe(LogRecord record) {
    Throwable thrown = record.getThrown();
    StackTraceElement[] stack = thrown == null ? new StackTraceElement[0] : thrown.getStackTrace();
    return record.getMessage()
        + (thrown == null ? "" : " " + thrown)
        + (stack.length == 0 ? "" : " at " + stack[0]);
  }

  @Override
  public void close() {
    CURRENT.remove();
  }
}
