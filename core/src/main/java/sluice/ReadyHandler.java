package sluice;

/// Told by [Poller#select] of each ready source, on the thread that called it.
///
/// @param <A> the attachment given at registration
@FunctionalInterface
public interface ReadyHandler<A> {
  /// Handles one ready source. An exception ends the [Poller#select] call; what was not yet handled
  /// is reported again by the next one.
  void ready(A attachment, Readiness readiness);
}
