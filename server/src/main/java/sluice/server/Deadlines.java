package sluice.server;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How long the connections of one loop may take for what, as their [Limits] say, in ticks of the
/// loop's [Wheel]. Confined to the loop.
final class Deadlines {
  private static final int NEVER = Wheel.NEVER;
  private static final int SECOND = Wheel.ticks(Duration.ofSeconds(1));
  private static final int GRACE = Wheel.ticks(Bounds.MIN_RATE_GRACE);

  /// Idle times are spread by a tenth.
  private static final int SPREAD = 10;

  private final int firstFrame;
  private final int frame;
  private final int minRate;
  private final int idle;
  private final int stall;
  private final int stallLook;
  private final int halfClose;
  private final int lifetime;
  private final int soft;

  /// Of the look in progress: the tick it is, and when the next is needed.
  private int now;

  private int next;

  Deadlines(Limits limits) {
    firstFrame = ticks(limits.firstFrame);
    frame = ticks(limits.frame);
    minRate = limits.minRate;
    idle = ticks(limits.idle);
    stall = ticks(limits.writeStall);
    stallLook = Math.clamp(stall / 8, 1, Wheel.ticks(Bounds.STALL_LOOK));
    halfClose = ticks(limits.halfClose);
    lifetime = ticks(limits.lifetime);
    soft = ticks(limits.outputSoftTime);
  }

  private static int ticks(Duration time) {
    return time.isZero() ? NEVER : Wheel.ticks(time);
  }

  /// Tells whether handlers of [Frames] have to get a first frame in time.
  boolean awaitFirstFrame() {
    return firstFrame != NEVER;
  }

  /// Returns how many ticks pass between two looks whether a client takes its output; [Wheel#NEVER]
  /// if it need not.
  int stallLook() {
    return stall == NEVER ? NEVER : stallLook;
  }

  /// Returns how many ticks a client may take nothing of its output.
  int stall() {
    return stall;
  }

  /// Returns how many ticks too much output may wait; [Wheel#NEVER] if as long as it likes.
  int soft() {
    return soft;
  }

  /// Returns when to look after a frame that began at `now`.
  int frameLook(int now) {
    int look = minRate > 0 ? Math.min(GRACE, frame) : frame;
    return look == NEVER ? NEVER : now + look;
  }

  /// Returns when to look after a client that ended its half at `now`.
  int halfCloseLook(int now) {
    return halfClose == NEVER ? NEVER : now + halfClose;
  }

  /// Looks at the deadlines of `connection` and closes it if one has passed. Returns when to look
  /// again.
  int look(ServerConnection connection, int tick) {
    now = tick;
    next = connection.output().lookForStall(tick);
    if (connection.isClient() && connection.delivers()) {
      CloseReason passed = passed(connection);
      if (passed != null) {
        connection.expire(passed);
      }
    }
    return next;
  }

  private @Nullable CloseReason passed(ServerConnection connection) {
    if (hasPassed(connection.openedAt(), lifetime)) {
      return CloseReason.LIFETIME;
    }
    if (hasPassed(connection.activeAt(), spread(connection))) {
      return CloseReason.IDLE;
    }
    if (connection.input().endWasTold() && hasPassed(connection.activeAt(), halfClose)) {
      return CloseReason.HALF_CLOSE;
    }
    if (hasPassed(connection.output().aboveSoftSince(), soft)) {
      return CloseReason.OUT_SOFT;
    }
    Gate gate = connection.gate();
    if (connection.input().isPaused()) { // the client cannot go on
      gate.restartFrame(now);
      next = Math.min(next, now + SECOND);
      return null;
    }
    if (gate.awaitsFrame() && hasPassed(connection.openedAt(), firstFrame)) {
      return CloseReason.FIRST_FRAME;
    }
    FrameDecoder unfinished = gate.unfinished();
    return unfinished == null ? null : passed(unfinished);
  }

  private @Nullable CloseReason passed(FrameDecoder unfinished) {
    int since = unfinished.begunAt();
    if (hasPassed(since, frame)) {
      return CloseReason.FRAME_DEADLINE;
    }
    if (minRate > 0 && hasPassed(since, GRACE)) {
      long millis = Wheel.millis(now - since - 1); // it began in that tick, perhaps at its end
      if (unfinished.keptBytes() * 1000L < minRate * millis) {
        return CloseReason.MIN_RATE;
      }
      next = Math.min(next, now + SECOND);
    }
    return null;
  }

  /// Tells whether more than `time` has passed since `since`. If not, the next look is not later
  /// than then.
  private boolean hasPassed(int since, int time) {
    if (time == NEVER || since == NEVER) {
      return false;
    }
    int due = since + time;
    if (now > due) {
      return true;
    }
    next = Math.min(next, due);
    return false;
  }

  /// Clients that came together do not leave together.
  private int spread(ServerConnection connection) {
    if (idle == NEVER) {
      return NEVER;
    }
    int width = idle / SPREAD;
    int hash = Long.hashCode(connection.handle() * 0x9E3779B97F4A7C15L);
    return idle - width + Math.floorMod(hash, 2 * width + 1);
  }
}
