package sluice.testkit.simulation;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import sluice.server.ConnectionHandler;
import sluice.server.Layer;
import sluice.server.Server;

/// One run of the shipped server with simulated clients, network, clock and threads, all from one
/// seed. Everything that happens is checked; see [Violation].
///
/// Faults happen until the run is *calmed*; from then on everything must finish in time. Confined
/// to one thread; runs share nothing.
public final class Simulation {
  private static final int CALM_TIMES_MAX = 64;
  private static final long PROBE_NANOS = 100_000_000;
  private static final int CLOG_NANOS_MAX = 500_000_000;
  private static final int CALM_NANOS_MAX = 2_000_000_000;
  private static final long FINISH_NANOS = 30_000_000_000L;
  private static final long QUIET_NANOS = 5_000_000_000L;

  /// Where clients connect to.
  static final SocketAddress FRONT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 8000);

  private final SimNetwork network;
  private final SimHost host;
  private final Scene scene;
  private final DrawnLimits limits;
  private final Judge judge;
  private final List<Server> servers = new ArrayList<>();
  private List<SimPeer> clients = List.of();
  private long deadline;
  private long calmedAt = Schedule.NEVER;

  private Simulation(
      long seed, Masks masks, @Nullable PrintStream trace, Function<SimNetwork, Scene> scenes) {
    network = new SimNetwork(seed, masks, new Trace(trace));
    host = new SimHost(network, this::afterTurn);
    scene = scenes.apply(network);
    limits = scene.limits();
    judge = new Judge(network, host, scene.grounds());
    network.judge(judge);
    if (trace != null) {
      trace.println(scene);
    }
  }

  /// Runs the history of `seed`.
  ///
  /// @param trace where every event is printed, or null
  public static History run(long seed, @Nullable PrintStream trace) {
    return run(seed, Masks.NONE, trace);
  }

  /// Runs the history of `seed` with the handler that `wrapper` makes of the echo handler: a broken
  /// one shows that the checks find it.
  static History run(
      long seed, @Nullable PrintStream trace, UnaryOperator<ConnectionHandler> wrapper) {
    return run(seed, Masks.NONE, trace, network -> new OwnScene(network, wrapper));
  }

  /// Runs the history of `seed` without what `masks` leave out.
  static History run(long seed, Masks masks, @Nullable PrintStream trace) {
    return run(seed, masks, trace, network -> new OwnScene(network, UnaryOperator.identity()));
  }

  /// Runs the history of `seed` in one of `scenes`.
  static History run(
      long seed, Masks masks, @Nullable PrintStream trace, Function<SimNetwork, Scene> scenes) {
    Simulation simulation = new Simulation(seed, masks, trace, scenes);
    try (LogWatch _ = LogWatch.open(simulation.network)) {
      simulation.run();
    } catch (IOException | RuntimeException e) {
      simulation.network.violate("exception", -1, e.toString());
    }
    return simulation.history();
  }

  private void run() throws IOException {
    SplitMix random = network.random.split(5);
    scene.start(this, random);
    clients = scene.clients(random);
    SplitMix clogging = network.random.split(13);
    if (network.faults.strikes(Fault.SWIZZLE_CLOG, clogging)) {
      clog(clogging);
    }
    long calmAt = random.logarithmic(10_000_000, CALM_NANOS_MAX);
    if (limits.areOn) {
      calmAt *= 1 + random.below(CALM_TIMES_MAX);
    }
    once(random, calmAt, this::calm);
    if (network.faults.strikes(Fault.EARLY_STOP, random)) {
      Duration within = Duration.ofNanos(random.logarithmic(1_000, CALM_NANOS_MAX));
      once(random, random.logarithmic(1_000, 100_000_000), () -> stop(within));
    }
    deadline = network.schedule.now() + calmAt + FINISH_NANOS;
    finishClients();
    calm();
    if (network.violation() == null) {
      awaitQuiet();
      check(network.streams.isEmpty() || network.stopping, "leak", "connections without a client");
    }
    if (network.violation() == null) {
      stop(Duration.ofSeconds(1));
      servers.forEach(Server::join);
      checkNothingIsLeft();
    }
  }

  /// Lets the server notice that its clients have left; of those that have vanished, deadlines
  /// tell.
  private void awaitQuiet() {
    long until = network.schedule.now() + QUIET_NANOS + limits.halfClose;
    if (limits.endTheSilent()) {
      until += 2 * (limits.idle + limits.writeStall);
      while (!network.streams.isEmpty() && network.schedule.step(until)) {}
    } else {
      network.schedule.runUntil(until);
    }
  }

  /// Makes a handler of `inner` whose calls are judged.
  ///
  /// @param footer how many bytes of a frame the handler is not given
  /// @param throwing whether it throws now and then
  ConnectionHandler observed(ConnectionHandler inner, int footer, boolean throwing) {
    return new Observed(inner, judge, network, footer, throwing);
  }

  /// Starts a server that listens at `address`.
  void serve(
      SplitMix random,
      SocketAddress address,
      int loopsMax,
      DrawnLimits allowed,
      Consumer<Server.Builder> handler,
      Layer... layers)
      throws IOException {
    int loops = loopsMax == 1 ? 1 : 1 + random.below(loopsMax);
    Server.Builder builder =
        Server.builder()
            .backend(new SimBackend(network, host))
            .limits(allowed.limits(loops))
            .listen(address, layers)
            .backlog(random.logarithmic(1, 64))
            .loops(loops);
    handler.accept(builder);
    Server server = builder.start();
    servers.add(server);
    judge.watch(Objects.requireNonNull(network.listener(address)), server, allowed);
  }

  /// Stops clients one after the other, and lets them go on in another order.
  private void clog(SplitMix random) {
    long now = network.schedule.now();
    for (SimPeer client : clients) {
      long end = now + random.below(CLOG_NANOS_MAX);
      once(random, random.below(CLOG_NANOS_MAX), () -> client.readLater(end));
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
    if (network.calm) {
      return;
    }
    network.note(Trace.Event.CALM, -1, 0);
    network.calm = true;
    network.faults.stop();
    calmedAt = host.calm();
    clients.forEach(SimPeer::calm);
    if (limits.areOn) {
      probe();
    }
  }

  /// Looks now and then for connections that should be closed, though nothing else may happen.
  private void probe() {
    judge.checkDeadlines(calmedAt);
    if (!network.streams.isEmpty() || clients.stream().anyMatch(client -> !client.isDone())) {
      once(network.random.split(12), PROBE_NANOS, this::probe);
    }
  }

  private void stop(Duration within) {
    network.note(Trace.Event.STOP, -1, within.toNanos());
    network.stopping = true;
    servers.forEach(server -> {
      var _ = server.stop(within);
    });
  }

  private void finishClients() {
    for (SimPeer client : clients) {
      while (!client.isDone() && network.violation() == null) {
        if (!network.schedule.step(deadline)) {
          network.violate("liveness", client.number, "not finished in time, or nothing goes on");
        }
      }
    }
  }

  private void checkNothingIsLeft() {
    check(network.streams.isEmpty(), "leak", "sockets are open after the server stopped");
    check(!network.hasUnclaimed(), "leak", "a connection was accepted and forgotten");
    check(network.listeners.isEmpty(), "leak", "listeners are open after the server stopped");
    check(host.loops().isEmpty(), "leak", "loops run after the server stopped");
    judge.checkTheEnd();
    long open = scene.open();
    check(open == 0, "callbacks", open + " more onOpen than onClose");
  }

  private void check(boolean holds, String check, String detail) {
    if (!holds) {
      network.violate(check, -1, detail);
    }
  }

  private void afterTurn(SimHost.LoopActor actor) {
    int chunks = actor.loop().chunks().outstanding();
    if (chunks > network.streams.size() * scene.chunksMax()) {
      int connections = network.streams.size();
      network.violate("memory", -1, chunks + " chunks for " + connections + " connections");
    }
    if (!scene.mayPause() && host.loops().stream().allMatch(SimHost.LoopActor::sleepsForEver)) {
      for (SimStream stream : network.streams) {
        if (!stream.isWatched()) {
          network.violate("wake", stream.id(), "neither watched nor timed while all loops sleep");
        }
      }
    }
    judge.afterTurn(actor);
    if (actor.loop().staleCompletions() != 0) {
      network.violate("stale", -1, "a completion reached a handle that was detached");
    }
  }

  private History history() {
    int operations = 0;
    long bytes = 0;
    for (SimPeer client : clients) {
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
        judge.outcomes(),
        network.violation());
  }
}
