package sluice.testkit.simulation;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import sluice.server.Connection;

/// What was seen of one connection that a server accepted, at the boundary of its system and at its
/// handler: enough to say whether it was right to close it.
final class Witness {
  /// Bytes that came in one read.
  ///
  /// @param upTo how many had come then, in all
  private record Piece(long upTo, long time) {}

  private final HoldUps holdUps;
  final SimListener listener;
  final SimSocket socket;
  final long acceptedAt;

  /// It had been reset before, so that its client is not known to the server.
  final boolean wasDead;

  /// Null before the handler was told; see [#opened].
  @Nullable Connection connection;

  long openedAt;

  /// When it was last seen to be open no more, at the end of a turn.
  long shutAt = Schedule.NEVER;

  /// When a byte or the end was last read, or a byte written, while it was open.
  private final LastTime active;

  long received;
  long sent;

  /// How many of them the server may not know of; and since when they were written.
  private long untoldBytes;

  private long untoldSince;

  /// Since when more has been received than sent, by more than the limit, as far as the server can
  /// know; and since when it has not been so.
  private long aboveSoftSince = Schedule.NEVER;

  private long belowSoftSince;

  boolean inputEnded;
  boolean endWasTold;
  boolean threw;

  /// Complete frames that the handler got, and their bytes.
  long frames;

  private long framed;
  private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
  private final int soft;

  Witness(HoldUps holdUps, SimListener listener, SimSocket socket, long now, int soft) {
    this.holdUps = holdUps;
    this.listener = listener;
    this.socket = socket;
    this.soft = soft;
    active = new LastTime(holdUps, now);
    acceptedAt = openedAt = now;
    wasDead = socket.isDead();
  }

  /// Its handler was told.
  void opened(Connection its, long now) {
    connection = its;
    openedAt = now;
    active.happened(now);
  }

  boolean isOpen() {
    Connection known = connection;
    return known != null && known.isOpen();
  }

  /// So many bytes were read; 0 is the end of the input.
  void read(int count, long now) {
    active(now);
    received += count;
    inputEnded |= count == 0;
    if (count > 0) {
      pieces.add(new Piece(received, now));
    }
    balance(now);
  }

  void wrote(int count, long now) {
    active(now);
    sent += count;
    if (!holdUps.mayBeUntold(untoldSince, now)) {
      untoldSince = now;
      untoldBytes = 0;
    }
    untoldBytes += count;
    balance(now);
  }

  private void active(long now) {
    if (connection == null || isOpen()) {
      active.happened(now);
    }
  }

  LastTime active() {
    return active;
  }

  private void balance(long now) {
    if (owed() <= soft) {
      if (belowSoftSince == Schedule.NEVER) {
        belowSoftSince = now;
      }
    } else if (belowSoftSince != Schedule.NEVER) {
      if (aboveSoftSince == Schedule.NEVER || !holdUps.mayBeUntold(belowSoftSince, now)) {
        aboveSoftSince = now;
      }
      belowSoftSince = Schedule.NEVER;
    }
  }

  /// Returns since when more than the limit has been owed, as far as the server knows at `now`:
  /// what it was told late of was sent, it may never have found missing.
  long aboveSoftAsKnownAt(long now) {
    boolean isBelow = belowSoftSince != Schedule.NEVER && !holdUps.mayBeUntold(belowSoftSince, now);
    return isBelow ? Schedule.NEVER : aboveSoftSince;
  }

  /// The handler got a frame that took so many bytes.
  void frame(int bytes) {
    frames++;
    framed += bytes;
    while (!pieces.isEmpty() && pieces.getFirst().upTo <= framed) {
      pieces.removeFirst();
    }
  }

  /// Returns when the first byte of the unfinished frame came; [Schedule#NEVER] if there is none.
  long frameBegunAt() {
    return pieces.isEmpty() ? Schedule.NEVER : pieces.getFirst().time;
  }

  /// Returns how much of the unfinished frame has come, and of those behind it.
  long unfinishedBytes() {
    return received - framed;
  }

  /// Returns how many bytes came that were not sent back.
  long owed() {
    return received - sent;
  }

  /// Returns how many they are at most, as far as the server knows at `now`.
  long owedAsKnownAt(long now) {
    return holdUps.mayBeUntold(untoldSince, now) ? owed() + untoldBytes : owed();
  }
}
