package sluice.testkit.simulation;

import java.util.ArrayList;
import java.util.List;

/// When loops could not go on, and so what the server may not know yet of what its system has done.
final class HoldUps {
  /// A loop that goes on is told of everything within so long.
  private static final int LAG_NANOS = 10_000_000;

  /// One time, or several in a row.
  private static final class HoldUp {
    final long from;
    long until;

    HoldUp(long from, long until) {
      this.from = from;
      this.until = until;
    }
  }

  private final List<HoldUp> all = new ArrayList<>();

  /// A loop, or all of them, cannot go on from `now` until `end`.
  void add(long now, long end) {
    if (!all.isEmpty() && now <= all.getLast().until + LAG_NANOS) {
      all.getLast().until = Math.max(all.getLast().until, end);
    } else {
      all.add(new HoldUp(now, end));
    }
  }

  /// None goes on after `end`.
  void end(long end) {
    if (!all.isEmpty()) {
      all.getLast().until = Math.min(all.getLast().until, end);
    }
  }

  /// Tells whether the server may not know yet, at `now`, what its system did for it at `then`: a
  /// ring does more than it has told.
  boolean mayBeUntold(long then, long now) {
    if (now - then <= LAG_NANOS) {
      return true;
    }
    for (HoldUp each : all) {
      if (then >= each.from - LAG_NANOS && now <= each.until + LAG_NANOS) {
        return true;
      }
    }
    return false;
  }

  /// Returns when the server knew at the latest what its system did for it at `then`.
  long toldBy(long then) {
    long told = then;
    for (HoldUp each : all) {
      if (told >= each.from - LAG_NANOS && told <= each.until) {
        told = each.until;
      }
    }
    return told;
  }
}
