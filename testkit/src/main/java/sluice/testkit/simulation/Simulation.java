package sluice.testkit.simulation;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// One run of the shipped server with simulated clients, network, clock and threads, all from one
/// seed. Everything that happens is checked; see [Violation].
///
/// Faults happen until the run is *calmed*; from then on everything must finish in time. Confined
/// to one thread; runs share nothing.
public final class Simulation {
  private static final int CLIENTS_MIN = 2;
  private static final int CLIENTS_MORE = 5;
  private static final int CROWD_ONCE_IN = 32;
  private static final int CROWD_MORE = 40;
  private static final int CALM_NANOS_MAX = 2_000_000_000;
  private static final long FINISH_NANOS = 30_000_000_000L;
  private static final long QUIET_NANOS = 5_000_000_000L;
  private static final int SCRATCH_BYTES = 16_384;

  /// A connection may queue the high watermark (64 KiB), one receive above it, one held, and a
  /// chunk at each end that is not full.
  private static final int CHUNKS_PER_CONNECTION_MAX = 8;

  private final SimNetwork network;
  private final SimHost host;
  private final Echo echo;
  private final List<SimClient> clients = new ArrayList<>();
  private long deadline;

  private Simulation(long seed, @Nullable PrintStream trace) {
    network = new SimNetwork(seed, new Trace(trace));
    host = new SimHost(network, this::afterTurn);
    echo = new Echo(network);
  }

  /// Runs the history of `seed`.
  ///
  /// @param trace where every event is printed, or null
  public static History run(long seed, @Nullable PrintStream trace) {
    return run(seed, trace, UnaryOperator.identity());
  }

  /// Runs the history of `seed` with the handler that `wrapper` makes of the echo handler: a broken
  /// one shows that the checks find it.
  public static History run(
      long seed, @Nullable PrintStream trace, UnaryOperator<ConnectionHandler> wrapper) {
    Simulation simulation = new Simulation(seed, trace);
    try (LogWatch _ = LogWatch.open(simulation.network)) {
      simulation.run(wrapper.apply(simulation.echo));
    } catch (IOException | RuntimeException e) {
      simulation.network.violate("exception", -1, e.toString());
    }
    return simulation.history();
  }

  private void run(ConnectionHandler handler) throws IOException {
    SplitMix random = network.random.split(5);
    SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 8000);
    Server server =
        Server.builder()
            .backend(new SimBackend(network, host))
            .listen(address)
            .backlog(random.logarithmic(1, 64))
            .handler(handler)
            .start();
    byte[] scratch = new byte[SCRATCH_BYTES];
    // Sometimes more than the listener accepts in one go.
    int more = random.onceIn(CROWD_ONCE_IN) ? CROWD_MORE : CLIENTS_MORE;
    int count = CLIENTS_MIN + random.below(more);
    for (int i = 0; i < count; i++) {
      clients.add(new SimClient(network, i, network.random.split(1_000 + i), scratch));
    }
    once(random, random.logarithmic(10_000_000, CALM_NANOS_MAX), this::calm);
    if (network.faults.strikes(Fault.EARLY_STOP, random)) {
      Duration within = Duration.ofNanos(random.logarithmic(1_000, CALM_NANOS_MAX));
      once(random, random.logarithmic(1_000, 100_000_000), () -> stop(server, within));
    }
    deadline = CALM_NANOS_MAX + FINISH_NANOS;
    finishClients();
    if (network.violation() == null) {
      network.schedule.runUntil(network.schedule.now() + QUIET_NANOS);
      check(network.streams.isEmpty() || network.stopping, "leak", "connections without a client");
    }
    if (network.violation() == null) {
      stop(server, Duration.ofSeconds(1));
      server.join();
      checkNothingIsLeft();
    }
  }

  private void once(SplitMix random, long time, Runnable action) {
    Schedule.Actor actor =
        new Schedule.Actor(random.split(time)) {
          @Override
          void act() {
            action.run();
          }
        };
    network.schedule.at(actor, network.schedule.now() + time);
  }

  private void calm() {
    network.note(Trace.Event.CALM, -1, 0);
    network.faults.stop();
    clients.forEach(SimClient::calm);
  }

  private void stop(Server server, Duration within) {
    network.note(Trace.Event.STOP, -1, within.toNanos());
    network.stopping = true;
    var _ = server.stop(within);
  }

  private void finishClients() {
    for (SimClient client : clients) {
      while (!client.isDone() && network.violation() == null) {
        if (!network.schedule.step(deadline)) {
          network.violate("liveness", client.number, "not finished in time, or nothing goes on");
        }
      }
    }
  }

  private void checkNothingIsLeft() {
    check(network.streams.isEmpty(), "leak", "sockets are open after the server stopped");
    check(network.listeners.isEmpty(), "leak", "listeners are open after the server stopped");
    check(host.loops().isEmpty(), "leak", "loops run after the server stopped");
    check(echo.open() == 0, "callbacks", echo.open() + " more onOpen than onClose");
  }

  private void check(boolean holds, String check, String detail) {
    if (!holds) {
      network.violate(check, -1, detail);
    }
  }

  private void afterTurn(SimHost.LoopActor actor) {
    int chunks = actor.loop().chunks().outstanding();
    if (chunks > network.streams.size() * CHUNKS_PER_CONNECTION_MAX) {
      int connections = network.streams.size();
      network.violate("memory", -1, chunks + " chunks for " + connections + " connections");
    }
    if (actor.sleepsForEver() && !echo.mayPause()) {
      for (SimStream stream : network.streams) {
        if (!stream.isWatched()) {
          network.violate("wake", stream.id(), "neither watched nor timed while the loop sleeps");
        }
      }
    }
    if (actor.loop().staleCompletions() != 0) {
      network.violate("stale", -1, "a completion reached a handle that was detached");
    }
  }

  private History history() {
    int operations = 0;
    long bytes = 0;
    for (SimClient client : clients) {
      operations += client.operations();
      bytes += client.sent();
    }
    return new History(
        network.seed,
        network.traceHash(),
        clients.size(),
        operations,
        bytes,
        host.turns(),
        network.faults.counts(),
        network.violation());
  }
}
