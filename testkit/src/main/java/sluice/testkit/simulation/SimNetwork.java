package sluice.testkit.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the parts of one simulated run share. Confined to one thread.
final class SimNetwork {
  private static final int LOSS_LATENCY_NANOS = 2_000_000_000;

  final long seed;
  final SplitMix random;
  final FaultPlan faults;
  final Schedule schedule = new Schedule();
  final List<SimListener> listeners = new ArrayList<>();

  /// Sockets that the program under test has accepted and not closed.
  final List<SimStream> streams = new ArrayList<>();

  /// Counts what moves, so that turns that move nothing can be told.
  long progress;

  /// The server was told to stop: connections end before their clients are done.
  boolean stopping;

  private final Trace trace;
  private final int latencyNanos;
  private @Nullable Violation violation;

  SimNetwork(long seed, Trace trace) {
    this.seed = seed;
    this.trace = trace;
    random = new SplitMix(seed);
    faults = new FaultPlan(random.split(1));
    latencyNanos = random.split(2).logarithmic(1_000, 4_000_000);
  }

  void note(Trace.Event event, int who, long value) {
    trace.note(schedule.now(), event, who, value);
  }

  long traceHash() {
    return trace.hash();
  }

  /// Returns how long a segment takes.
  long latency(SplitMix of) {
    return faults.strikes(Fault.DELAY, of)
        ? of.logarithmic(latencyNanos, LOSS_LATENCY_NANOS)
        : latencyNanos + of.below(latencyNanos);
  }

  /// Notes that a check has failed; the first one counts.
  ///
  /// @param client the client concerned, or -1
  void violate(String check, int client, String detail) {
    if (violation == null) {
      violation = new Violation(check, client, detail);
    }
  }

  @Nullable Violation violation() {
    return violation;
  }
}
