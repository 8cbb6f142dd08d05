package sluice.testkit.simulation;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import sluice.server.ConnectionHandler;

/// Tests a handler on the simulated network: the shipped server serves it to a few clients at once,
/// whose bytes come in pieces, late, or not at all. Confined to one thread.
///
/// Clients are told what to send and what has to come back, and leave in one way or another. Each
/// history follows from its seed: which clients there are, what goes wrong, how many loops serve
/// them. Beside what comes back, everything is checked that [Simulation] checks: the handler must
/// not throw, every client must get its answer in time, and nothing may be left open.
///
/// The handler must not use clocks, threads or random numbers of its own, or a seed says nothing.
public final class Rehearsal {
  /// What one client says, and hears.
  static final class Conversation {
    final byte[] sent;
    final byte[] received;

    Conversation(byte[] sent, byte[] received) {
      this.sent = sent.clone();
      this.received = received.clone();
    }
  }

  private final Supplier<? extends ConnectionHandler> handler;
  private final boolean perConnection;
  private final List<Conversation> conversations = new ArrayList<>();
  private final Map<String, Long> faults = new TreeMap<>();

  private Rehearsal(Supplier<? extends ConnectionHandler> handler, boolean perConnection) {
    this.handler = handler;
    this.perConnection = perConnection;
  }

  /// Rehearses what `handler` supplies, one for each history, which serves all clients.
  public static Rehearsal of(Supplier<? extends ConnectionHandler> handler) {
    return new Rehearsal(handler, false);
  }

  /// Rehearses what `handler` supplies, one for each client, as
  /// [sluice.server.Server.Builder#handlerPerConnection] does.
  public static Rehearsal perConnection(Supplier<? extends ConnectionHandler> handler) {
    return new Rehearsal(handler, true);
  }

  /// Adds a client that sends `sent`, and to which exactly `received` must be sent; in UTF-8.
  public Rehearsal client(String sent, String received) {
    return client(sent.getBytes(StandardCharsets.UTF_8), received.getBytes(StandardCharsets.UTF_8));
  }

  /// Adds a client that sends `sent`, and to which exactly `received` must be sent.
  public Rehearsal client(byte[] sent, byte[] received) {
    conversations.add(new Conversation(sent, received));
    return this;
  }

  /// Runs the histories of the seeds from 1 to `histories`.
  ///
  /// @throws AssertionError if a check fails in one; its message has the seed for [#replay]
  /// @throws IllegalStateException if there is no client
  public void run(int histories) {
    for (long seed = 1; seed <= histories; seed++) {
      History history = history(seed, null);
      history.faults().forEach((fault, times) -> faults.merge(fault, times, Long::sum));
      Violation violation = history.violation();
      if (violation != null) {
        throw new AssertionError(
            "seed %d: %s: %s%s"
                .formatted(
                    seed,
                    violation.check(),
                    violation.client() < 0 ? "" : "client " + violation.client() + ": ",
                    violation.detail()));
      }
    }
  }

  /// Runs the history of one seed again and prints everything that happens to `trace`.
  public History replay(long seed, PrintStream trace) {
    return history(seed, trace);
  }

  private History history(long seed, @Nullable PrintStream trace) {
    if (conversations.isEmpty()) {
      throw new IllegalStateException("a rehearsal needs a client");
    }
    return Simulation.run(
        seed,
        Masks.NONE,
        trace,
        network -> new RehearsalScene(network, handler, perConnection, conversations));
  }

  /// Returns how often each fault has happened so far, by its name.
  public Map<String, Long> faults() {
    return Map.copyOf(faults);
  }
}
