package sluice;

/// What the kernel reported about a [Pollable].
///
/// Every bit is a hint: another thread may have taken the data, a checksum may fail later. Only the
/// next call on the source tells. [#hangup] and [#error] come whatever the interest was, and
/// neither means that there is nothing left to read. Each value exists once. Immutable.
public final class Readiness {
  private static final Readiness[] ALL = new Readiness[32];
  private static final String[] NAMES = {"READ", "WRITE", "EXCEPTIONAL", "HANGUP", "ERROR"};

  static {
    for (int mask = 0; mask < ALL.length; mask++) {
      ALL[mask] = new Readiness(mask);
    }
  }

  private final int mask;

  private Readiness(int mask) {
    this.mask = mask;
  }

  /// Returns the readiness with these bits: those of [Interest#ofMask], 8 for hang-up, 16 for
  /// error.
  ///
  /// @throws IllegalArgumentException if `mask` has another bit
  public static Readiness ofMask(int mask) {
    if (mask < 0 || mask >= ALL.length) {
      throw new IllegalArgumentException("mask must be between 0 and 31, not " + mask);
    }
    return ALL[mask];
  }

  /// A read, accept or connect finish will not wait: data, end of stream or a failure is there.
  public boolean readable() {
    return (mask & 1) != 0;
  }

  /// A write will not wait, or a connect has finished or failed.
  public boolean writable() {
    return (mask & 2) != 0;
  }

  /// Urgent data is pending.
  public boolean exceptional() {
    return (mask & 4) != 0;
  }

  /// Both directions have ended. Unread data may still be there.
  public boolean hangup() {
    return (mask & 8) != 0;
  }

  /// The source failed. Unread data may still be there; the next call tells the cause.
  public boolean error() {
    return (mask & 16) != 0;
  }

  /// Returns the bits of [#ofMask].
  public int mask() {
    return mask;
  }

  @Override
  public String toString() {
    return describe(mask);
  }

  static String describe(int mask) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < NAMES.length; bit++) {
      if ((mask & 1 << bit) != 0) {
        text.append(text.isEmpty() ? "" : "|").append(NAMES[bit]);
      }
    }
    return text.isEmpty() ? "NONE" : text.toString();
  }
}
