package sluice.testkit.simulation;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// How likely each fault is in one run, and how often it happened. Each is off in some runs, so
/// that faults are also seen without the others ("swarm").
@SuppressWarnings("EnumOrdinal") // an index of arrays, for speed
final class FaultPlan {
  private static final Fault[] ALL = Fault.values();

  private final int[] likely = new int[ALL.length];
  private final long[] counts = new long[ALL.length];

  FaultPlan(SplitMix random, Set<Fault> without) {
    for (Fault fault : ALL) {
      boolean on = random.below(3) != 0;
      int chance = 1 + random.below(fault.most);
      likely[fault.ordinal()] = on && !without.contains(fault) ? chance : 0;
    }
  }

  /// Decides whether `fault` happens now, and counts it.
  boolean strikes(Fault fault, SplitMix random) {
    int chance = likely[fault.ordinal()];
    if (chance == 0 || random.below(65_536) >= chance) {
      return false;
    }
    count(fault);
    return true;
  }

  void count(Fault fault) {
    counts[fault.ordinal()]++;
  }

  /// Ends all faults, so that everything must come to its end.
  void stop() {
    for (int i = 0; i < likely.length; i++) {
      likely[i] = 0;
    }
  }

  Map<String, Long> counts() {
    Map<String, Long> result = new TreeMap<>();
    for (Fault fault : ALL) {
      result.put(fault.toString(), counts[fault.ordinal()]);
    }
    return result;
  }
}
