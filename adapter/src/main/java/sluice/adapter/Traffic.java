package sluice.adapter;

import java.util.concurrent.atomic.LongAdder;

/// Counts what reached Sluice: a suite that passes without it has proved nothing. Thread-safe.
final class Traffic {
  static final LongAdder SELECTORS = new LongAdder();
  static final LongAdder SELECTS = new LongAdder();

  /// Calls of `register`, `modify` and `unregister`.
  static final LongAdder REGISTRATIONS = new LongAdder();

  static final LongAdder EVENTS = new LongAdder();

  private Traffic() {}

  static String describe() {
    return "selectors=%d selects=%d registrations=%d events=%d"
        .formatted(SELECTORS.sum(), SELECTS.sum(), REGISTRATIONS.sum(), EVENTS.sum());
  }
}
