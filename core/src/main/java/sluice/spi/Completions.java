package sluice.spi;

/// Told by [Driver#run] what became of the operations submitted. Every call is on the loop's
/// thread.
public interface Completions {
  /// A connection was accepted; it belongs to the callee.
  void accepted(long handle, StreamBase connection);

  /// Bytes arrived, between the position and limit of the chunk's buffer. The chunk is lent for the
  /// length of this call.
  void received(long handle, Chunk lent);

  /// The kernel took `result` bytes of a send in flight; 0 after a short send means try again.
  /// Negative is the failure. The send has ended, and its memory is the sender's again.
  void sent(long handle, int result);

  /// A one-shot poll found this readiness ([sluice.Readiness#ofMask]) and has ended.
  void polled(long handle, int readiness);

  /// An operation has ended and nothing more comes of it.
  ///
  /// @param operation one of [Operations]
  /// @param status [Status#END], [Status#CREDIT], [Status#CANCELLED] or a failure
  void finished(long handle, int operation, int status);
}
