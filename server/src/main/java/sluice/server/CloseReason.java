package sluice.server;

import java.util.Locale;

/// Why a connection ended: exactly one of these, for each.
public enum CloseReason {
  /// The peer or the handler ended it in order, and all output was handed to the system.
  OK,

  /// The server was stopped; all output was handed to the system.
  DRAIN,

  /// The server was stopped and the deadline came first, or it failed; queued output was dropped.
  DRAIN_DEADLINE,

  /// A write was refused because the output limit was reached: the peer reads too slowly.
  OUT_HARD,

  /// Too much output waited for the peer for too long.
  OUT_SOFT,

  /// The peer took nothing of the output that was waiting for it, for too long.
  WRITE_STALL,

  /// Neither side sent anything for too long.
  IDLE,

  /// The client had ended its half, and nothing was sent to it for too long.
  HALF_CLOSE,

  /// The connection was as old as one may be.
  LIFETIME,

  /// The client's first frame was not complete in time.
  FIRST_FRAME,

  /// A frame of the client was not complete in time.
  FRAME_DEADLINE,

  /// A frame of the client came too slowly.
  MIN_RATE,

  /// The server was short of memory, and this connection held most.
  EVICTED,

  /// The peer reset the connection.
  PEER_RESET,

  /// The peer cannot be reached any more.
  PEER_DEAD,

  /// It could not be connected out.
  CONNECT_FAILED,

  /// A frame was longer than its limit.
  FRAME_TOO_LONG,

  /// The client broke the rules of its framing or of a layer.
  PROTOCOL,

  /// The handler or a layer threw an exception.
  HANDLER_ERROR,

  /// The handler aborted it.
  KICKED;

  /// Tells whether a connection that ends so needs no line in the log.
  boolean isOrdinary() {
    return switch (this) {
      case OK, DRAIN, PEER_RESET, KICKED, CONNECT_FAILED -> true;
      default -> false;
    };
  }

  /// Returns the word used in logs.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
