package sluice;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import sluice.internal.select.Selects;
import sluice.spi.Durations;

/// The call everyone learns first: which of these sockets are readable, which writable, which in an
/// exceptional condition?
///
/// The meaning is that of `select(2)` on Linux, without its limit of 1,024 descriptors: readable is
/// data, a connection to accept, end of stream or a failure; writable is room in the send buffer, a
/// decided connect or a failure; exceptional is urgent data only.
public final class Select {
  private Select() {}

  /// Waits until one source is ready for what is asked, or the timeout passes. The cheapest wait of
  /// a virtual thread: it parks, and only its own source is watched for it.
  ///
  /// @param timeout as in [#select]
  /// @return what holds of `interest`, with [Readiness#hangup] and [Readiness#error] left out;
  ///   empty if the timeout has passed
  /// @throws ClosedPollableException if `source` is closed before or during the call
  /// @throws UnsupportedOperationException if the backend cannot watch for `interest`
  /// @throws InterruptedIOException if the thread is interrupted; its interrupt status stays set
  public static Readiness await(Pollable source, Interest interest, @Nullable Duration timeout)
      throws IOException {
    return Selects.await(source, interest.mask(), Durations.timeoutNanos(timeout));
  }

  /// Waits until a member of `r` is readable, of `w` writable or of `x` has an exceptional
  /// condition, or the timeout passes.
  ///
  /// From a platform or a virtual thread. The collections are copied at once; changing them
  /// meanwhile harms nothing. A platform thread that asks again about the same members, or nearly
  /// the same, pays for what has changed: Sluice remembers its last four sets. Nothing is consumed,
  /// so a second call reports the same. With three empty collections it sleeps.
  ///
  /// @param timeout null waits for ever, zero only looks; it never returns early by rounding
  /// @throws IllegalArgumentException if `timeout` is negative, a member is null, members belong to
  ///   different backends, or it would wait for ever for nothing
  /// @throws ClosedPollableException if a member is closed before or during the call; names it
  /// @throws UnsupportedOperationException if the backend has no exceptional condition (NIO) and
  ///   `x` is not empty
  /// @throws InterruptedIOException if the thread is interrupted; its interrupt status stays set
  public static <P extends Pollable> Selected<P> select(
      Collection<? extends P> r,
      Collection<? extends P> w,
      Collection<? extends P> x,
      @Nullable Duration timeout)
      throws IOException {
    return Selects.select(r, w, x, timeout);
  }
}
