package sluice.testkit.simulation;

/// Makes a failing history smaller while the same check fails: fewer clients, then fewer kinds of
/// faults, then shorter scripts.
final class Shrink {
  private static final int STEPS_MOST = 32;

  private final long seed;
  private final String check;
  private Masks masks;

  private Shrink(long seed, String check, Masks masks) {
    this.seed = seed;
    this.check = check;
    this.masks = masks;
  }

  /// Returns what can be left out of `history`, which failed with `masks`.
  static Masks of(History history, Masks masks) {
    Violation violation = history.violation();
    if (violation == null) {
      return masks;
    }
    Shrink shrink = new Shrink(history.seed(), violation.check(), masks);
    shrink.clients(history.clients());
    for (Fault fault : Fault.values()) {
      shrink.keep(shrink.masks.andWithout(fault));
    }
    for (int steps = STEPS_MOST; steps >= 0 && shrink.keep(shrink.masks.withSteps(steps)); ) {
      steps = steps / 2 - (steps == 0 ? 1 : 0);
    }
    return shrink.masks;
  }

  private void clients(int most) {
    for (int count = 1; count < most; count++) {
      if (keep(masks.withClients(count))) {
        return;
      }
    }
  }

  private boolean keep(Masks smaller) {
    Violation violation = Simulation.run(seed, smaller, null).violation();
    boolean fails = violation != null && violation.check().equals(check);
    if (fails) {
      masks = smaller;
    }
    return fails;
  }
}
