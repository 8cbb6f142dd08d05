package sluice.testkit.simulation;

import org.jspecify.annotations.Nullable;
import sluice.server.CloseReason;

/// What a client must have done, by the virtual clock, for a server to close it; and by when it
/// must have been closed.
///
/// A deadline is never early: the server counts in ticks and rounds up. It is two ticks late at
/// most, and as much later as a turn takes.
final class Grounds {
  /// A tick of the server's deadlines.
  private static final long TICK_NANOS = 1L << 26;

  private static final long LATE_NANOS = 2 * TICK_NANOS + 5_000_000;

  /// Idle times differ by a tenth from client to client.
  private static final int SPREAD = 10;

  private static final long MIN_RATE_GRACE_NANOS = 5_000_000_000L;

  /// Who was held up does not count from before; the server gives a second.
  private static final long RECOVERY_NANOS = 2_500_000_000L;

  /// What has waited for so long was not overlooked because of a moment's stall.
  private static final long UNREAD_NANOS = 2_100_000_000L;

  /// A handshake or a handler cannot hold back input that is no more than this beside its output.
  private static final int OWED_BYTES_SMALL = 8 * 1024;

  private static final long MILLI = 1_000_000;

  private final SimNetwork network;

  /// Whether whatever a client sends is sent back to it at once, so that what it is owed waits for
  /// it and for nobody else.
  private final boolean echoesAtOnce;

  /// Whether the handler is given lines.
  private final boolean lines;

  /// Whether handlers may refuse what clients say.
  private final boolean anyProtocol;

  private Grounds(SimNetwork network, boolean echoesAtOnce, boolean lines, boolean anyProtocol) {
    this.network = network;
    this.echoesAtOnce = echoesAtOnce;
    this.lines = lines;
    this.anyProtocol = anyProtocol;
  }

  Grounds(SimNetwork network, boolean echoesAtOnce, boolean lines) {
    this(network, echoesAtOnce, lines, false);
  }

  /// Of handlers that nothing is known of. What they end is no excuse for a client that is owed
  /// something.
  static Grounds ofAnyProtocol(SimNetwork network) {
    return new Grounds(network, false, false, true);
  }

  /// Tells whether a client has to be content with what it got when the server, and not the client,
  /// has ended its connection for `reason`.
  boolean excuses(CloseReason reason) {
    return switch (reason) {
      case OK, PEER_RESET, PEER_DEAD, CONNECT_FAILED, KICKED -> false;
      default -> !anyProtocol;
    };
  }

  /// Returns what speaks against closing a client for `reason`, or null.
  ///
  /// @param now when it was first seen to be closing, if only when all is sent
  /// @param told when its handler was told, after it had ended
  @Nullable String objection(
      CloseReason reason, DrawnLimits limits, Witness it, long now, long told) {
    return switch (reason) {
      case OK, HANDLER_ERROR -> null; // the client, and the judge, know whether that is right
      case DRAIN, DRAIN_DEADLINE -> network.stopping ? null : "the server is not stopping";
      case PEER_RESET -> it.socket.resetCame() ? null : "no reset came";
      case KICKED -> network.connectsOut || anyProtocol ? null : "the handler aborts nobody";
      case IDLE -> {
        String early =
            early(
                limits.idle - limits.idle / SPREAD - TICK_NANOS, now - it.active().asKnownAt(now));
        yield early != null ? early : unread(it, now);
      }
      case HALF_CLOSE ->
          it.inputEnded
              ? early(limits.halfClose, now - it.active().asKnownAt(now))
              : "its input has not ended";
      case LIFETIME -> early(limits.lifetime, now - it.openedAt);
      case FIRST_FRAME ->
          it.frames > 0 || !lines
              ? it.frames + " frames came"
              : early(limits.firstFrame, told - it.openedAt);
      case FRAME_DEADLINE -> early(limits.frame, told - it.frameBegunAt());
      case MIN_RATE -> tooFast(limits, it, told);
      case WRITE_STALL -> early(limits.writeStall, told - it.socket.taken().asKnownAt(told));
      case OUT_SOFT -> early(limits.outputSoftTime, now - it.aboveSoftAsKnownAt(now));
      case OUT_HARD ->
          limits.outputHard == 0 || it.owedAsKnownAt(now) < limits.outputHard
              ? it.owed() + " bytes are owed of " + limits.outputHard
              : null;
      case EVICTED -> limits.memory == 0 ? "memory is not limited" : null;
      case FRAME_TOO_LONG, PROTOCOL -> anyProtocol ? null : "never here";
      case PEER_DEAD, CONNECT_FAILED -> "never here";
    };
  }

  private static @Nullable String early(long limit, long passed) {
    return limit <= 0 || passed < limit
        ? millis(passed) + " ms have passed of " + millis(limit)
        : null;
  }

  /// A server that was stopped itself, as a process, takes what came meanwhile before it judges.
  private @Nullable String unread(Witness it, long now) {
    long since = it.socket.unreadSince();
    boolean couldRead = echoesAtOnce && it.owed() == 0 && !it.inputEnded;
    return couldRead && since != Schedule.NEVER && now - since > UNREAD_NANOS
        ? "what it sent waits to be read"
        : null;
  }

  private static @Nullable String tooFast(DrawnLimits limits, Witness it, long now) {
    long age = now - it.frameBegunAt();
    long least = limits.minRate * (age / MILLI) / 1000;
    if (limits.minRate == 0 || it.unfinishedBytes() > least) {
      return it.unfinishedBytes() + " bytes came, not less than " + least;
    }
    return early(MIN_RATE_GRACE_NANOS, age);
  }

  /// Returns what an open client should have been closed for before `now`, or null.
  ///
  /// @param calmedAt when the last fault may have held up the server
  @Nullable String overdue(DrawnLimits limits, Witness it, long now, long calmedAt) {
    long since = calmedAt + RECOVERY_NANOS;
    if (isOver(limits.lifetime, it.openedAt, now, since)) {
      return "its lifetime is over since " + it.openedAt;
    }
    // Who takes what waits for it is not idle, and that is looked at now and then only.
    long taken = Math.max(it.active().toldBy(), it.socket.taken().toldBy());
    boolean nothingWaits = echoesAtOnce && it.owed() == 0;
    if (nothingWaits && isOver(limits.idle + limits.idle / SPREAD, taken, now, since)) {
      return "nothing has happened since " + taken;
    }
    if (nothingWaits && it.endWasTold && isOver(limits.halfClose, taken, now, since)) {
      return "its half is closed since " + taken;
    }
    if (it.frames == 0
        && lines
        && it.received < OWED_BYTES_SMALL
        && isOver(limits.firstFrame, it.openedAt, now, since)) {
      return "no frame came since " + it.openedAt;
    }
    long begun = it.frameBegunAt();
    boolean couldGoOn = echoesAtOnce && it.owed() < OWED_BYTES_SMALL && !it.inputEnded;
    if (lines && couldGoOn && begun != Schedule.NEVER && isOver(limits.frame, begun, now, since)) {
      return "a frame is unfinished since " + begun;
    }
    long look = limits.writeStall / 4; // of two looks
    boolean waits = echoesAtOnce && !lines && it.owed() > 0;
    // Who was held up finds at its first look that all has just been taken.
    long stalled = Math.max(taken, since);
    if (waits && isOver(limits.writeStall + look, stalled, now, since)) {
      return "nothing was taken since " + taken;
    }
    return null;
  }

  /// Tells whether a connection is kept for nothing: who has ended both directions waits for
  /// nobody.
  boolean lingers(Witness it, long now, long calmedAt) {
    long ended = it.socket.bothEndedAt();
    return ended != Schedule.NEVER
        && now > Math.max(network.holdUps.toldBy(ended), calmedAt + RECOVERY_NANOS) + LATE_NANOS;
  }

  private static boolean isOver(long limit, long since, long now, long notBefore) {
    return limit > 0 && now > Math.max(since + limit, notBefore) + LATE_NANOS;
  }

  private static long millis(long nanos) {
    return nanos / MILLI;
  }
}
