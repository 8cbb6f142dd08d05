package sluice.testkit.simulation;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the parts of one simulated run share. Confined to one thread.
final class SimNetwork {
  private static final int LOSS_LATENCY_NANOS = 2_000_000_000;
  private static final int INTERLEAVING_NANOS_MAX = 200_000;
  private static final int INTERLEAVINGS_NESTED_MAX = 2;

  final long seed;
  final Masks masks;
  final SplitMix random;
  final FaultPlan faults;
  final Schedule schedule = new Schedule();
  final HoldUps holdUps = new HoldUps();
  final List<SimListener> listeners = new ArrayList<>();

  /// Sockets that the program under test has accepted and not closed.
  final List<SimStream> streams = new ArrayList<>();

  /// Connections that the system has accepted and the program has not seen.
  private final Map<Integer, SimSocket> unclaimed = new HashMap<>();

  private int accepted;

  /// Counts what moves, so that turns that move nothing can be told.
  long progress;

  /// The server connects out.
  boolean connectsOut;

  /// Connects out that have failed, and that nobody was told of.
  int failedConnects;

  /// Faults happen no more.
  boolean calm;

  /// The server was told to stop: connections end before their clients are done.
  boolean stopping;

  /// Clients whose connection may fail through no fault of the server that they talk to.
  private final Set<Integer> excused = new HashSet<>();

  private int connects;
  private int interleavings;

  private final Trace trace;
  private final int latencyNanos;
  private @Nullable Violation violation;
  private @Nullable Judge judge;

  SimNetwork(long seed, Masks masks, Trace trace) {
    this.seed = seed;
    this.masks = masks;
    this.trace = trace;
    random = new SplitMix(seed);
    faults = new FaultPlan(random.split(1), masks.without());
    latencyNanos = random.split(2).logarithmic(1_000, 4_000_000);
  }

  void judge(Judge value) {
    judge = value;
  }

  Judge judge() {
    return Objects.requireNonNull(judge);
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

  /// Returns who listens at `address`, or null.
  @Nullable SimListener listener(SocketAddress address) {
    for (SimListener listener : listeners) {
      if (listener.address().equals(address)) {
        return listener;
      }
    }
    return null;
  }

  /// Notes that the system has accepted `socket`. Returns its number.
  int unclaimed(SimSocket socket) {
    unclaimed.put(accepted, socket);
    return accepted++;
  }

  /// The program takes the connection with this number.
  SimSocket claim(int number) {
    return Objects.requireNonNull(unclaimed.remove(number), "no such connection");
  }

  /// Tells whether the system has accepted a connection that the program has forgotten.
  boolean hasUnclaimed() {
    return !unclaimed.isEmpty();
  }

  /// Returns how many connects were begun before.
  int nextConnect() {
    return connects++;
  }

  void excuse(int client) {
    excused.add(client);
  }

  /// Tells whether the connection of `client` may end before the client is done.
  boolean mayFail(int client) {
    return stopping || isExcused(client);
  }

  /// Tells whether it has ended so through no fault of the server.
  boolean isExcused(int client) {
    return excused.contains(client);
  }

  /// Perhaps lets everything else go on for a moment, as threads do whenever they like.
  void maybeInterleave(SplitMix of) {
    if (interleavings < INTERLEAVINGS_NESTED_MAX && faults.strikes(Fault.INTERLEAVING, of)) {
      interleavings++;
      schedule.runUntil(schedule.now() + of.logarithmic(1_000, INTERLEAVING_NANOS_MAX));
      interleavings--;
    }
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
