package sluice;

/// What one asks about a [Pollable]: a non-empty set of [#READ], [#WRITE] and [#EXCEPTIONAL].
///
/// There are seven interests and each exists once, so `==` compares them. Immutable.
public final class Interest {
  private static final Interest[] ALL = new Interest[8];

  static {
    for (int mask = 1; mask < ALL.length; mask++) {
      ALL[mask] = new Interest(mask);
    }
  }

  /// Data, a connection to accept, end of stream or a failure can be had without waiting.
  public static final Interest READ = ALL[1];

  /// Data can be sent, or a connect has finished.
  public static final Interest WRITE = ALL[2];

  /// Urgent data is pending (`POLLPRI`).
  public static final Interest EXCEPTIONAL = ALL[4];

  private final int mask;

  private Interest(int mask) {
    this.mask = mask;
  }

  /// Returns the interest whose bits are `mask`: 1 for read, 2 for write, 4 for exceptional.
  ///
  /// @throws IllegalArgumentException if `mask` is zero or has another bit
  public static Interest ofMask(int mask) {
    if (mask < 1 || mask > 7) {
      throw new IllegalArgumentException(
          "mask must be a non-empty set of READ (1), WRITE (2) and EXCEPTIONAL (4), not " + mask);
    }
    return ALL[mask];
  }

  /// Returns this interest and `other` together.
  public Interest plus(Interest other) {
    return ALL[mask | other.mask];
  }

  /// Tells whether every bit of `other` is in this interest.
  public boolean has(Interest other) {
    return (mask & other.mask) == other.mask;
  }

  /// Returns the bits of [#ofMask].
  public int mask() {
    return mask;
  }

  @Override
  public String toString() {
    return Readiness.describe(mask);
  }
}
