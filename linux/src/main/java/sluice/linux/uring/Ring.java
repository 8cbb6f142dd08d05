package sluice.linux.uring;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import sluice.Pollable;
import sluice.spi.Chunk;
import sluice.spi.ListenerBase;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// A submission queue and a completion queue, as [UringDriver] uses them. Confined to its loop.
///
/// Requests are carried out in the order in which they were submitted. `id` comes back with every
/// completion of a request; the memory of a request is the ring's until its last one.
public interface Ring extends AutoCloseable {
  /// [#enter] has found the ring unusable; [#failure] says why.
  int BROKEN = Status.OTHER;

  /// [#enter] has not waited, because nothing may wait here: the caller returns to its loop, as
  /// asleep as it is, and comes back when there is something to see.
  int LATER = 1;

  /// Accepts one connection after the other.
  void accept(long id, ListenerBase listener);

  /// Receives into buffers of the ring: once, or until `credit` bytes were received.
  void receive(long id, StreamBase socket, int credit);

  /// Sends the bytes between position and limit of the chunk's buffer.
  void send(long id, StreamBase socket, Chunk data);

  /// Waits for readiness, once.
  ///
  /// @param interest the mask of a [sluice.Interest]
  void poll(long id, Pollable source, int interest);

  /// Cancels the request `target`. Of the cancel itself nothing is told.
  void cancel(long target);

  /// Cancels every request.
  void cancelAll();

  /// Submits what waits, and waits at most so long for a completion, or for [#wakeup].
  ///
  /// @param timeoutNanos 0 only looks
  /// @return 0, [#LATER] or [#BROKEN]
  int enter(long timeoutNanos);

  /// Ends an [#enter] that waits. From any thread.
  void wakeup();

  /// Goes to the next completion; false if none is there.
  boolean next();

  /// Returns the id of the current completion's request.
  long id();

  /// Returns the result of the current completion, as the system has it.
  int result();

  /// Tells whether the current completion is not the last of its request.
  boolean hasMore();

  /// Returns what the result of a request other than an accept, a receive or a send means.
  int status(int result);

  /// Returns the mask of [sluice.Readiness#ofMask] for the current completion, that of a poll.
  int readiness();

  /// Returns the buffer that the current completion carries, or null; once. It is the ring's again
  /// when it is released.
  @Nullable Chunk buffer();

  /// Tells whether there are buffers to receive into.
  boolean hasBuffers();

  /// Closes what an accept has brought that nobody asked for any more.
  void discard(int accepted);

  /// Returns why the ring is broken, or null.
  @Nullable IOException failure();

  @Override
  void close();
}
