package sluice.spi;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import sluice.Pollable;

/// Carries out operations on sockets and reports their completions: submit, then [#run].
///
/// Opened on its loop's thread and confined to it, except [#wakeup]. A handle is a generation (24
/// bits) above a slot (24 bits), given by the loop; the 16 bits above them are the driver's. At
/// most one operation of each kind is in progress for a handle. Submitting never waits and, except
/// for [#send], completes nothing before [#run].
public interface Driver extends AutoCloseable {
  /// Accepts at most `credit` connections, then ends with [Status#CREDIT].
  void accept(long handle, ListenerBase listener, int credit);

  /// Waits for a connect that was begun to be decided; ends with [Status#END] when connected.
  void connect(long handle, StreamBase socket);

  /// Receives at most `credit` bytes and one buffer more, then ends with [Status#CREDIT]; with
  /// [Status#END] at the end of the stream.
  void receive(long handle, StreamBase socket, int credit);

  /// Sends the bytes between position and limit of `data`.
  ///
  /// @return how many bytes were taken at once: the position has moved past them. If that is all,
  ///   nothing is in progress; if it is fewer, or [Status#AGAIN] for none, nothing is kept, and
  ///   [Completions#sent] follows with 0 when more may be taken. [Status#IN_FLIGHT]: the bytes are
  ///   the kernel's until [Completions#sent]. Otherwise the failure.
  int send(long handle, StreamBase socket, Chunk data);

  /// Reports readiness once.
  ///
  /// @param interest the mask of a [sluice.Interest]
  void poll(long handle, Pollable source, int interest);

  /// Cancels the operations in `operations` that are in progress. Each still gets its own final
  /// completion: that of the cancel, or its own if it was faster. A source is closed only after
  /// them.
  void cancel(long handle, int operations);

  /// Submits what waits to be submitted, waits until a completion is there, [#wakeup] was called or
  /// the deadline has passed, and reports the completions.
  ///
  /// @param deadlineNanos by the host's clock; [Long#MAX_VALUE] waits for ever
  /// @return 0, or a [Status] if the driver itself failed
  int run(long deadlineNanos, Completions sink);

  /// Ends the current [#run], or the next one. From any thread; never lost, and many cost one.
  void wakeup();

  /// Returns what the system said, after [#run] returned [Status#OTHER].
  @Nullable IOException failure();

  /// Returns the source that the last [#run] found ready and could do nothing with, for a loop that
  /// spins; null if there was none, or that is not known.
  default @Nullable Object suspect() {
    return null;
  }

  /// Frees the driver. All operations must have ended.
  @Override
  void close();
}
