package sluice.bench.attack;

import java.util.Locale;

/// What attackers do.
enum Attack {
  /// Each sends a byte now and then, and never the end of a line.
  SLOWLORIS,

  /// Each asks as much as it can, and reads no answer.
  NEVER_READERS,

  /// Each listens, and reads nothing.
  PUSHED,

  /// Connect, send, reset.
  RESET_STORM,

  /// Connect, close.
  CHURN,

  /// A line without an end; what comes back is read.
  ENDLESS_LINE,

  /// Each asks once and stays.
  FAMINE;

  static Attack of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  /// Tells whether an attacker may never read.
  boolean readsNothing() {
    return this == NEVER_READERS || this == PUSHED;
  }
}
