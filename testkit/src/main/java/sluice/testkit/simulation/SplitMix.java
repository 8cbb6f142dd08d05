package sluice.testkit.simulation;

/// A stream of random numbers from a seed (SplitMix64). Each actor has a stream of its own, so that
/// a draw more in one place does not shift the others.
final class SplitMix {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long seed;
  private long state;

  SplitMix(long seed) {
    this.seed = seed;
    this.state = seed;
  }

  static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /// Returns the stream called `label`, the same however much was drawn from this one.
  SplitMix split(long label) {
    return new SplitMix(mix(seed + mix(label * GOLDEN + 1)));
  }

  long next() {
    state += GOLDEN;
    return mix(state);
  }

  /// Returns a number from 0 to `bound` - 1.
  int below(int bound) {
    return (int) (((next() >>> 32) * bound) >>> 32);
  }

  /// Returns a number from `low` to `high`, small ones as often as large ones.
  int logarithmic(int low, int high) {
    int bits = 32 - Integer.numberOfLeadingZeros(high / low);
    int base = low << below(bits);
    return (int) Math.min(high, (long) base + below(base));
  }

  /// Tells whether something that happens once in `times` happens now.
  boolean onceIn(int times) {
    return below(times) == 0;
  }
}
