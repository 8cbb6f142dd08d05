package sluice;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Watches many sources of one backend, level-triggered: a source is reported by every [#select]
/// for as long as it is ready.
///
/// Belongs to one thread at a time, except [#wakeup] and [#close]; a second thread inside gets an
/// [IllegalStateException]. Closing a registered source ends its registration; closing the poller
/// closes no source. Made by [Backend#openPoller].
///
/// @param <A> what to hand to the handler with each ready source
public interface Poller<A> extends AutoCloseable {
  /// Begins to watch `source`.
  ///
  /// @throws IllegalStateException if `source` is registered here already
  /// @throws IllegalArgumentException if `source` belongs to another backend
  /// @throws UnsupportedOperationException if the backend cannot watch for `interest`
  /// @throws ClosedPollableException if `source` is closed
  /// @throws java.nio.channels.ClosedSelectorException if this poller is closed
  void register(Pollable source, Interest interest, A attachment) throws IOException;

  /// Replaces the interest of a registered source, and keeps its attachment.
  ///
  /// @throws IllegalStateException if `source` is not registered here
  void modify(Pollable source, Interest interest) throws IOException;

  /// Ends watching `source`: it is not reported any more, not even in the rest of a batch. Quiet if
  /// the source was closed meanwhile; it may be registered again at once.
  ///
  /// @throws IllegalStateException if `source` is not registered here
  void unregister(Pollable source) throws IOException;

  /// Waits until a source is ready, [#wakeup] is called, the thread is interrupted or the timeout
  /// passes, and reports the ready sources to `handler`. It never returns early by rounding.
  ///
  /// When very many sources are ready, one call reports some of them and the next calls the others.
  ///
  /// A pending interrupt ends the call at once and stays set; nothing is lost.
  ///
  /// @param timeout null waits for ever, zero only looks
  /// @return how many ready sources were reported
  /// @throws IllegalArgumentException if `timeout` is negative
  int select(@Nullable Duration timeout, ReadyHandler<? super A> handler) throws IOException;

  /// Ends the current [#select], or the next one if none is in progress. From any thread; many
  /// calls cost one. Does nothing on a closed poller.
  void wakeup();

  /// Frees the poller. From any thread; a [#select] in progress ends with
  /// [java.nio.channels.ClosedSelectorException].
  @Override
  void close() throws IOException;
}
