package sluice.server;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// Where handlers have thrown of late. Thread-safe.
final class FailureSites {
  private static final int SITES_MAX = 256;
  private static final long TOLD_AGAIN = Duration.ofMinutes(1).toNanos();

  /// When each was last told, the longest ago first.
  private final LinkedHashMap<String, Long> told = new LinkedHashMap<>();

  /// Tells whether it is time to tell in full where `t` came from, and notes that it is told.
  synchronized boolean isNew(Throwable t, long now) {
    String site = site(t);
    Long last = told.get(site);
    if (last != null && now - last < TOLD_AGAIN) {
      return false;
    }
    told.remove(site);
    told.put(site, now);
    if (told.size() > SITES_MAX) {
      Map.Entry<String, Long> _ = told.pollFirstEntry();
    }
    return true;
  }

  private static String site(Throwable t) {
    String type = t.getClass().getName();
    try {
      StackTraceElement[] stack = t.getStackTrace();
      return stack.length == 0 ? type : type + "@" + stack[0];
    } catch (RuntimeException | Error _) { // it overrides that method
      return type;
    }
  }
}
