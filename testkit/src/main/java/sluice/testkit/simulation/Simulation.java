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
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Layer;
import sluice.server.Server;
import sluice.testkit.contract.XorLayer;

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

  /// Runs in which clients together are sent more than there is memory for.
  private static final int HOARD_ONCE_IN = 12;

  private static final int HOARDERS = 20;
  private static final int LATE_NANOS_MAX = 2_000_000_000;
  private static final int CALM_TIMES_MAX = 64;
  private static final long PROBE_NANOS = 100_000_000;
  private static final int CALM_NANOS_MAX = 2_000_000_000;
  private static final long FINISH_NANOS = 30_000_000_000L;
  private static final long QUIET_NANOS = 5_000_000_000L;
  private static final int SCRATCH_BYTES = 16_384;

  /// A connection may queue the high watermark (64 KiB), one receive above it, one held, and a
  /// chunk at each end that is not full.
  private static final int CHUNKS_PER_CONNECTION_MAX = 8;

  /// And behind layers, what they have encoded: 64 KiB, and as much again if one encodes at once
  /// what was lent.
  private static final int CHUNKS_PER_LAYERED_CONNECTION_MAX = 16;

  private static final int LOOPS_MAX = 3;
  private static final int LINE_BYTES_MAX = 64 * 1024;

  /// Of all speakers; so few and so short that nobody has to be dropped for reading too slowly.
  private static final int CHAT_LINES_MAX = 120;

  private static final int CHAT_TEXT_MAX = 1_000;
  private static final int TINY_CHAT_LINES_MAX = 60;
  private static final int TINY_CHAT_TEXT_MAX = 4;
  private static final XorLayer LAYER = new XorLayer(17);

  /// What the server does.
  private enum Kind {
    ECHO,

    /// Echoes lines through a layer.
    LAYERED,

    /// Echoes lines.
    LINES,

    CHAT,

    /// Passes everything on to another server, which echoes.
    PROXY
  }

  /// Where clients connect to.
  static final SocketAddress FRONT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 8000);

  private static final SocketAddress BACK =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 8001);

  private static final Kind[] KINDS = Kind.values();

  private final SimNetwork network;
  private final SimHost host;
  private final Kind kind;
  private final DrawnLimits limits;
  private final int count;
  private final boolean hoards;
  private final Judge judge;
  private final Echo echo;
  private final Chat chat;

  /// Every byte of every line to every client is a segment of its own.
  private final boolean tinyChat;

  private final Relay.Count relays = new Relay.Count();
  private final List<Server> servers = new ArrayList<>();
  private final List<SimPeer> clients = new ArrayList<>();
  private long deadline;
  private long calmedAt = Schedule.NEVER;

  private Simulation(long seed, Masks masks, @Nullable PrintStream trace) {
    network = new SimNetwork(seed, masks, new Trace(trace));
    host = new SimHost(network, this::afterTurn);
    tinyChat = network.faults.strikes(Fault.TINY_BUFFERS, network.random.split(8));
    chat = new Chat(network, tinyChat ? TINY_CHAT_TEXT_MAX : CHAT_TEXT_MAX);
    kind = KINDS[network.random.split(7).below(KINDS.length)];
    SplitMix drawing = network.random.split(11);
    boolean limited = drawing.onceIn(2);
    hoards = limited && kind == Kind.ECHO && drawing.onceIn(HOARD_ONCE_IN);
    // Sometimes more than the listener accepts in one go.
    boolean crowd = drawing.onceIn(CROWD_ONCE_IN);
    int drawn = CLIENTS_MIN + drawing.below(crowd ? CROWD_MORE : CLIENTS_MORE);
    int all = hoards ? HOARDERS + drawn : drawn;
    count = Math.min(all, masks.clients());
    boolean output = kind != Kind.CHAT && kind != Kind.PROXY;
    limits = limited ? new DrawnLimits(drawing, all, output, hoards) : DrawnLimits.NONE;
    network.connectsOut = kind == Kind.PROXY;
    echo = new Echo(network, limits.halfClose > 0 && kind != Kind.PROXY);
    boolean echoesAtOnce = kind != Kind.CHAT && kind != Kind.PROXY && echo.isPrompt();
    boolean lines = kind != Kind.ECHO && kind != Kind.PROXY;
    judge = new Judge(network, host, new Grounds(network, echoesAtOnce, lines));
    network.judge(judge);
    if (trace != null) {
      trace.println("server " + kind + " " + limits);
    }
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
    return run(new Simulation(seed, Masks.NONE, trace), wrapper);
  }

  /// Runs the history of `seed` without what `masks` leave out.
  static History run(long seed, Masks masks, @Nullable PrintStream trace) {
    return run(new Simulation(seed, masks, trace), UnaryOperator.identity());
  }

  private static History run(Simulation simulation, UnaryOperator<ConnectionHandler> wrapper) {
    try (LogWatch _ = LogWatch.open(simulation.network)) {
      simulation.run(wrapper.apply(simulation.echo));
    } catch (IOException | RuntimeException e) {
      simulation.network.violate("exception", -1, e.toString());
    }
    return simulation.history();
  }

  private void run(ConnectionHandler echoing) throws IOException {
    SplitMix random = network.random.split(5);
    start(random, echoing);
    addClients(random);
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

  private void start(SplitMix random, ConnectionHandler echoing) throws IOException {
    ConnectionHandler seen = new Observed(echoing, judge, network, 0, true);
    switch (kind) {
      case ECHO -> start(random, FRONT, limits, builder -> builder.handler(seen));
      case LINES, LAYERED -> {
        ConnectionHandler whole = new Observed(new WholeLines(echoing), judge, network, 1, true);
        ConnectionHandler lines = Frames.lines(LINE_BYTES_MAX, whole);
        Layer[] layers = kind == Kind.LAYERED ? new Layer[] {LAYER} : new Layer[0];
        start(random, FRONT, limits, builder -> builder.handler(lines), layers);
      }
      case CHAT -> {
        ConnectionHandler spoken = new Observed(chat, judge, network, 1, true);
        ConnectionHandler lines = Frames.lines(LINE_BYTES_MAX, spoken);
        start(random, FRONT, limits, builder -> builder.handler(lines));
      }
      case PROXY -> {
        start(
            random,
            FRONT,
            limits,
            builder ->
                builder.handlerPerConnection(
                    () -> new Observed(new Relay(network, relays, BACK), judge, network, 0, true)));
        ConnectionHandler behind = new Observed(echoing, judge, network, 0, false);
        start(random, BACK, DrawnLimits.NONE, builder -> builder.handler(behind));
      }
    }
  }

  private void start(
      SplitMix random,
      SocketAddress address,
      DrawnLimits allowed,
      Consumer<Server.Builder> handler,
      Layer... layers)
      throws IOException {
    int loops = hoards ? 1 : 1 + random.below(LOOPS_MAX);
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

  private void addClients(SplitMix random) {
    byte[] scratch = new byte[SCRATCH_BYTES];
    int drawn = 1 + random.below((tinyChat ? TINY_CHAT_LINES_MAX : CHAT_LINES_MAX) / count);
    int lines = Math.min(drawn, Math.max(1, network.masks.steps()));
    for (int i = 0; i < count; i++) {
      SplitMix its = network.random.split(1_000 + i);
      clients.add(
          switch (kind) {
            case ECHO, PROXY -> new SimClient(network, i, its, scratch, false, null, limits);
            case LAYERED -> new SimClient(network, i, its, scratch, true, LAYER, limits);
            case LINES -> new SimClient(network, i, its, scratch, true, null, limits);
            case CHAT ->
                new ChatClient(network, i, its, scratch, chat, lines, count, tinyChat, limits);
          });
      if (hoards && random.onceIn(3)) {
        network.schedule.at(clients.getLast(), random.below(LATE_NANOS_MAX)); // memory is short
      }
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
    long open = echo.open() + chat.open() + relays.open;
    check(open == 0, "callbacks", open + " more onOpen than onClose");
  }

  private void check(boolean holds, String check, String detail) {
    if (!holds) {
      network.violate(check, -1, detail);
    }
  }

  private void afterTurn(SimHost.LoopActor actor) {
    int chunks = actor.loop().chunks().outstanding();
    int most = kind == Kind.LAYERED ? CHUNKS_PER_LAYERED_CONNECTION_MAX : CHUNKS_PER_CONNECTION_MAX;
    if (chunks > network.streams.size() * most) {
      int connections = network.streams.size();
      network.violate("memory", -1, chunks + " chunks for " + connections + " connections");
    }
    if (!mayPause() && host.loops().stream().allMatch(SimHost.LoopActor::sleepsForEver)) {
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

  /// Tells whether a connection may wait for something outside of its loop.
  private boolean mayPause() {
    return switch (kind) {
      case PROXY -> true;
      case CHAT -> chat.saysGoodbye();
      case ECHO, LAYERED, LINES -> echo.mayPause();
    };
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
