package sluice.spi;

import java.util.ArrayList;
import java.util.List;

/// Operations that have ended without the system, for a driver to report in its next [Driver#run].
/// Confined to its loop.
public final class Finals {
  private record Final(long handle, int operation, int status) {}

  private List<Final> waiting = new ArrayList<>();
  private List<Final> delivering = new ArrayList<>();

  /// Makes an empty list.
  public Finals() {}

  /// Adds one; see [Completions#finished].
  public void add(long handle, int operation, int status) {
    waiting.add(new Final(handle, operation, status));
  }

  /// Tells whether there is none to report.
  public boolean isEmpty() {
    return waiting.isEmpty();
  }

  /// Reports those that are there. Those that the callbacks cause wait for the next turn.
  public void deliver(Completions sink) {
    if (waiting.isEmpty()) {
      return;
    }
    List<Final> now = waiting;
    waiting = delivering;
    delivering = now;
    for (Final f : now) {
      sink.finished(f.handle, f.operation, f.status);
    }
    now.clear();
  }
}
