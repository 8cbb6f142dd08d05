package sluice.testkit.simulation;

/// When something happened last, and what the server may know of that. See [HoldUps#mayBeUntold].
final class LastTime {
  private final HoldUps holdUps;
  private long at;

  /// Since then the server may not know of any of them.
  private long untoldSince;

  /// The last one before.
  private long before;

  LastTime(HoldUps holdUps, long now) {
    this.holdUps = holdUps;
    at = untoldSince = before = now;
  }

  void happened(long now) {
    if (!holdUps.mayBeUntold(untoldSince, now)) {
      before = at;
      untoldSince = now;
    }
    at = now;
  }

  /// Returns when the server knew of it at the latest.
  long toldBy() {
    return holdUps.toldBy(at);
  }

  /// Returns the last time that the server certainly knows of at `now`.
  long asKnownAt(long now) {
    return holdUps.mayBeUntold(untoldSince, now) ? before : at;
  }
}
