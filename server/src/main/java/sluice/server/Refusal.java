package sluice.server;

import java.util.Locale;

/// Why a client was refused before it was served: exactly one of these, for each.
public enum Refusal {
  /// There are as many clients as there may be.
  MAX_CONNS,

  /// Its address has as many as it may have.
  PER_ADDRESS,

  /// Its address connects too often.
  RATE,

  /// Clients of its address keep breaking the rules.
  PENALTY,

  /// Too many clients have not sent a first frame, and it was unlucky.
  EARLY_DROP,

  /// Too much memory is in use.
  MEMORY,

  /// The server is being stopped.
  DRAIN;

  /// Returns the word used in logs.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
