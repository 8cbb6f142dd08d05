package sluice.server;

import java.time.Duration;

/// Every bound of the server that is not one of its [Limits].
final class Bounds {
  /// Connections accepted from one listener before others get their turn.
  static final int ACCEPTS_PER_TURN = 16;

  /// Bytes received before the loop is asked again; a bound for io_uring, free elsewhere.
  static final int RECEIVE_CREDIT_BYTES = 256 * 1024;

  /// Frames handed to one connection's handler before others get their turn.
  static final int FRAMES_PER_TURN = 32;

  /// Queued output above which the client's input is not read.
  static final int OUTPUT_HIGH_BYTES = 64 * 1024;

  /// Queued output below which reading and writing go on.
  static final int OUTPUT_LOW_BYTES = 16 * 1024;

  /// Bytes that layers have encoded and the system has not taken, above which no more is encoded.
  static final int WIRE_BYTES = 64 * 1024;

  /// And with what layers answer by themselves: above that nothing is read from the peer.
  static final int WIRE_BYTES_MAX = 256 * 1024;

  /// Input held for a handler that has paused, above which a handshake of layers waits, too.
  static final int HELD_BYTES_MAX = 64 * 1024;

  /// How long connecting out may take.
  static final Duration CONNECT = Duration.ofSeconds(10);

  /// Loops of a server at most.
  static final int LOOPS_MAX = 1024;

  /// How long, after the end of the stream was sent, the peer may go on sending; and how long it
  /// may take nothing of the output that the system still has.
  static final Duration LINGER = Duration.ofSeconds(2);

  /// How much is read and dropped of what it sends after it has taken everything.
  static final int LINGER_BYTES = 256 * 1024;

  /// Queues of output that a loop keeps for the next connection that needs one.
  static final int QUEUES_KEPT = 1024;

  /// A client that says nothing for so many seconds is asked whether it is there, and again each
  /// [#KEEPALIVE_INTERVAL] seconds, up to [#KEEPALIVE_PROBES] times.
  static final int KEEPALIVE_IDLE = 60;

  static final int KEEPALIVE_INTERVAL = 15;
  static final int KEEPALIVE_PROBES = 4;

  /// How often it is looked at most whether a client takes anything of its output.
  static final Duration STALL_LOOK = Duration.ofSeconds(1);

  /// How many times longer a client may take nothing, where the backend cannot tell what the client
  /// has taken (NIO).
  static final int BLIND_STALLS = 10;

  /// What a waiting [Server#broadcast] counts beside its bytes.
  static final int BROADCAST_OVERHEAD_BYTES = 64;

  /// Bytes of [Server#broadcast] calls of other threads that may wait for a loop.
  static final int BROADCAST_BYTES_MAX = 1024 * 1024;

  /// The same for calls of the server's other loops, which read no more from the client that caused
  /// one above [#BROADCAST_BYTES_MAX].
  static final int BROADCAST_BYTES_MAX_OF_LOOPS = 16 * 1024 * 1024;

  /// How long accepting pauses when the system has no descriptors or memory; twice as long each
  /// time, up to a second. And how often that is told.
  static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

  static final Duration ACCEPT_PAUSE_MAX = Duration.ofSeconds(1);
  static final Duration ACCEPT_PAUSE_TOLD = Duration.ofSeconds(10);

  /// Connections that are closed at a time when the server is stopped, and how long it waits before
  /// the next ones, at most.
  static final int DRAIN_CLOSES = 128;

  static final Duration DRAIN_PAUSE = Duration.ofMillis(64);

  /// The shortest and the longest deadline that can be set.
  static final Duration DEADLINE_MIN = Duration.ofMillis(100);

  static final Duration DEADLINE_MAX = Duration.ofDays(365);

  /// Deadlines that are looked at before others have their turn.
  static final int DEADLINES_PER_TURN = 1000;

  /// A loop that was held up for so long lets its clients' bytes in before it looks at deadlines.
  static final Duration HELD_UP = Duration.ofMillis(200);

  /// So often in a row: one that is always late looks at deadlines all the same.
  static final int GRACES = 8;

  /// How old an unfinished frame is before its rate counts.
  static final Duration MIN_RATE_GRACE = Duration.ofSeconds(5);

  /// How often it is looked whether a loop is held up, from when on it is, and how often that is
  /// told while it lasts.
  static final Duration WATCHDOG_PERIOD = Duration.ofMillis(25);

  static final Duration BLOCKED = Duration.ofMillis(100);
  static final Duration BLOCKED_REPEAT = Duration.ofSeconds(1);

  /// Addresses that are known at most.
  static final int SOURCES_MAX = 65_536;

  /// The least that [Limits#memory] can be for each loop.
  static final long MEMORY_MIN = 1024 * 1024;

  private Bounds() {}
}
