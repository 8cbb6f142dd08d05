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

  /// The peer took nothing of the output that was waiting for it, for too long.
  WRITE_STALL,

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

  /// Returns the word used in logs.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
