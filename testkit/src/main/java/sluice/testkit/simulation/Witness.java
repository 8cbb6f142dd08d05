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

  /// What a ring has done is told to its program after so long at the latest.
  private static final long LAG_NANOS = 10_000_000;

  final SimListener listener;
  final SimSocket socket;
  final long acceptedAt;

  /// It had been reset before, so that its client is not known to the server.
  final boolean wasDead;

  /// Null before the handler was told.
  @Nullable Connection connection;

  long openedAt;

  /// When it was last seen to be open no more, at the end of a turn.
  long shutAt = Schedule.NEVER;

  /// When a byte or the end was last read, or a byte written, while it was open.
  private long activeAt;

  /// The same, a moment earlier.
  private long activeBefore;

  long received;
  long sent;

  /// Since when more has been received than sent, by more than the limit.
  long aboveSoftSince = Schedule.NEVER;

  boolean inputEnded;
  boolean endWasTold;
  boolean threw;

  /// Complete frames that the handler got, and their bytes.
  long frames;

  private long framed;
  private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
  private final int soft;

  Witness(SimListener listener, SimSocket socket, long now, int soft) {
    this.listener = listener;
    this.socket = socket;
    this.soft = soft;
    acceptedAt = openedAt = activeAt = activeBefore = now;
    wasDead = socket.isDead();
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
    balance(now);
  }

  private void active(long now) {
    if (connection == null || isOpen()) {
      if (now - activeAt > LAG_NANOS) {
        activeBefore = activeAt;
      }
      activeAt = now;
    }
  }

  /// Returns when a byte or the end was last read, or a byte written, while it was open.
  long activeAt() {
    return activeAt;
  }

  /// Returns what the server knows at `now` of that: a ring may have done more than it has told.
  long activeAsKnownAt(long now) {
    return now - activeAt > LAG_NANOS ? activeAt : activeBefore;
  }

  private void balance(long now) {
    if (received - sent <= soft) {
      aboveSoftSince = Schedule.NEVER;
    } else if (aboveSoftSince == Schedule.NEVER) {
      aboveSoftSince = now;
    }
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
}
