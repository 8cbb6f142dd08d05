package sluice.testkit.simulation;

/// What a simulated poller watches.
interface SimSource {
  /// Returns the readiness mask that holds now, whatever the interest.
  int readiness();

  /// Sets who is told of changes.
  void watch(SimSocket.@org.jspecify.annotations.Nullable Watcher watcher);

  /// Returns the connection, or -1 for a listener.
  int id();
}
