package sluice;

import java.io.IOException;

/// Told by an [EventLoop] about a source it watches. Every call is on the loop's thread.
@FunctionalInterface
public interface Watcher {
  /// The source is ready; called again on each turn while it stays so.
  void onReady(Readiness readiness);

  /// The watch has ended for another reason than [EventLoop.Registration#cancel]: the source or the
  /// loop was closed, or the source was watched already. Called once, last.
  default void onEnd(IOException cause) {}
}
