package sluice;

/// Something whose readiness can be watched, by [Select#select], a [Poller] or an [EventLoop].
///
/// Belongs to one thread at a time, except [#close], which any thread may call: it ends every
/// [Select#select] and every watch of an [EventLoop] for this source, and its registration with a
/// [Poller]. No method waits.
public sealed interface Pollable extends AutoCloseable
    permits Listener, StreamSocket, UdpSocket, Descriptor {
  /// Returns the backend that made this source. Only that backend can watch it.
  Backend backend();

  /// Tells whether [#close] has not been called.
  boolean isOpen();

  /// Closes this source; a second call does nothing. Calls in progress in other threads end with
  /// [ClosedPollableException], and the system's descriptor is freed by the last of them, so that a
  /// reused number is never touched. (Only a borrowed [Descriptor] is not freed at all.)
  @Override
  void close();
}
