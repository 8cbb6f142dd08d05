package sluice.testkit.simulation;

import java.util.Locale;

/// What can go wrong, or merely unusually, in a run.
///
/// The number is how often it happens at most, out of 65,536 occasions; for what clients do it is
/// how many of them.
enum Fault {
  /// A receive returns less than there is.
  PARTIAL_READ(40_000),

  /// A send takes less than there is room for.
  PARTIAL_WRITE(40_000),

  /// A call would block although the poller said ready.
  FALSE_AGAIN(16_000),

  /// The poller says ready without reason.
  SPURIOUS_READINESS(6_000),

  /// The poller reports only some of what is ready.
  SUBSET_READINESS(30_000),

  /// The poller returns before anything is ready.
  EARLY_RETURN(6_000),

  /// A segment takes up to two seconds.
  DELAY(2_000),

  /// The loop gets no processor for a while: the clock jumps.
  LOOP_STALL(1_000),

  /// An accept finds no descriptors left.
  NO_DESCRIPTORS(8_000),

  /// A client resets at a random byte.
  CLIENT_RESET(16_000),

  /// A client resets before it is accepted.
  RESET_BEFORE_ACCEPT(8_000),

  /// A client sends its end of stream and reads on.
  CLIENT_HALF_CLOSE(40_000),

  /// A client closes without reading what has arrived.
  CLOSE_WITH_UNREAD(16_000),

  /// A client reads a few bytes now and then.
  SLOW_READER(16_000),

  /// A client stops reading for a while.
  STOPPED_READER(24_000),

  /// A client sends much more than any buffer holds.
  FLOOD(6_000),

  /// A connection's buffers hold a few bytes.
  TINY_BUFFERS(16_000),

  /// The server is stopped while clients are busy.
  EARLY_STOP(10_000),

  /// Another thread runs in the middle of a call from outside of the loops, when it wakes one.
  INTERLEAVING(30_000),

  /// Nobody listens where the program connects to.
  CONNECT_REFUSED(4_000),

  /// An error or hang-up is reported to a watcher that has not asked for it.
  UNMASKED_HANGUP(65_536),

  /// A ring takes no requests before its completions are seen.
  RING_BUSY(8_000),

  /// A ring has more completions than can be seen at once.
  COMPLETION_OVERFLOW(65_536),

  /// A ring has no buffer left to receive into.
  NO_BUFFERS(65_536),

  /// A request that could go on ends early.
  REQUEST_ENDS(12_000),

  /// A cancel comes while its request is being carried out.
  LATE_CANCEL(30_000),

  /// A client is gone without a word, and so is whatever is sent to it.
  VANISH(12_000),

  /// A client does nothing for longer than it may.
  SILENCE(24_000),

  /// A client sends a byte now and then.
  TRICKLE(12_000),

  /// A client reads nothing for longer than it may.
  ZERO_WINDOW(12_000),

  /// The process is stopped for up to two minutes, while the network goes on.
  CLOCK_PAUSE(200),

  /// A handler throws.
  HANDLER_THROWS(1_000),

  /// An accept finds no memory for another socket.
  NO_MEMORY(8_000),

  /// There is no port left to connect from.
  NO_PORTS(4_000),

  /// Clients stop reading one after the other, and go on in another order.
  SWIZZLE_CLOG(12_000),

  /// The poller reports a source that is not watched any more.
  STALE_READINESS(20_000),

  /// The poller reports a source twice.
  DUPLICATE_READINESS(6_000),

  /// A ring has no room for a request before it has taken those that wait.
  SUBMISSION_FULL(6_000);

  final int most;

  Fault(int most) {
    this.most = most;
  }

  /// Returns the word used in reports.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
