package sluice.testkit.simulation;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Layer;
import sluice.testkit.contract.XorLayer;

/// Handlers of our own, and clients that know what has to come back. The seed decides which.
final class OwnScene implements Scene {
  private static final int CLIENTS_MIN = 2;
  private static final int CLIENTS_MORE = 5;
  private static final int CROWD_ONCE_IN = 32;
  private static final int CROWD_MORE = 40;

  /// Runs in which clients together are sent more than there is memory for.
  private static final int HOARD_ONCE_IN = 12;

  private static final int HOARDERS = 20;
  private static final int LATE_NANOS_MAX = 2_000_000_000;
  private static final int SCRATCH_BYTES = 16_384;
  private static final int LOOPS_MAX = 3;

  /// A connection may queue the high watermark (64 KiB), one receive above it, one held, and a
  /// chunk at each end that is not full.
  private static final int CHUNKS_MAX = 8;

  /// And behind layers, what they have encoded: 64 KiB, and as much again if one encodes at once
  /// what was lent.
  private static final int LAYERED_CHUNKS_MAX = 16;

  private static final int LINE_BYTES_MAX = 64 * 1024;

  /// Of all speakers; so few and so short that nobody has to be dropped for reading too slowly.
  private static final int CHAT_LINES_MAX = 120;

  private static final int CHAT_TEXT_MAX = 1_000;
  private static final int TINY_CHAT_LINES_MAX = 60;
  private static final int TINY_CHAT_TEXT_MAX = 4;
  private static final XorLayer LAYER = new XorLayer(17);
  private static final SocketAddress BACK =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 8001);

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

  private static final Kind[] KINDS = Kind.values();

  private final SimNetwork network;
  private final Kind kind;
  private final DrawnLimits limits;
  private final int count;
  private final boolean hoards;
  private final Echo echo;
  private final ConnectionHandler echoing;
  private final Chat chat;

  /// Every byte of every line to every client is a segment of its own.
  private final boolean tinyChat;

  private final Relay.Count relays = new Relay.Count();

  /// Draws what a run does.
  ///
  /// @param wrapper makes the handler that is served of the one that echoes
  OwnScene(SimNetwork network, UnaryOperator<ConnectionHandler> wrapper) {
    this.network = network;
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
    count = Math.min(all, network.masks.clients());
    boolean output = kind != Kind.CHAT && kind != Kind.PROXY;
    limits = limited ? new DrawnLimits(drawing, all, output, hoards) : DrawnLimits.NONE;
    network.connectsOut = kind == Kind.PROXY;
    echo = new Echo(network, limits.halfClose > 0 && kind != Kind.PROXY);
    echoing = wrapper.apply(echo);
  }

  @Override
  public DrawnLimits limits() {
    return limits;
  }

  @Override
  public Grounds grounds() {
    boolean echoesAtOnce = kind != Kind.CHAT && kind != Kind.PROXY && echo.isPrompt();
    boolean lines = kind != Kind.ECHO && kind != Kind.PROXY;
    return new Grounds(network, echoesAtOnce, lines);
  }

  @Override
  public void start(Simulation run, SplitMix random) throws IOException {
    ConnectionHandler seen = run.observed(echoing, 0, true);
    int loopsMax = hoards ? 1 : LOOPS_MAX;
    switch (kind) {
      case ECHO -> run.serve(random, Simulation.FRONT, loopsMax, limits, b -> b.handler(seen));
      case LINES, LAYERED -> {
        ConnectionHandler whole = run.observed(new WholeLines(echoing), 1, true);
        ConnectionHandler lines = Frames.lines(LINE_BYTES_MAX, whole);
        Layer[] layers = kind == Kind.LAYERED ? new Layer[] {LAYER} : new Layer[0];
        run.serve(random, Simulation.FRONT, loopsMax, limits, b -> b.handler(lines), layers);
      }
      case CHAT -> {
        ConnectionHandler lines = Frames.lines(LINE_BYTES_MAX, run.observed(chat, 1, true));
        run.serve(random, Simulation.FRONT, loopsMax, limits, b -> b.handler(lines));
      }
      case PROXY -> {
        run.serve(
            random,
            Simulation.FRONT,
            loopsMax,
            limits,
            b ->
                b.handlerPerConnection(
                    () -> run.observed(new Relay(network, relays, BACK), 0, true)));
        ConnectionHandler behind = run.observed(echoing, 0, false);
        run.serve(random, BACK, loopsMax, DrawnLimits.NONE, b -> b.handler(behind));
      }
    }
  }

  @Override
  public List<SimPeer> clients(SplitMix random) {
    byte[] scratch = new byte[SCRATCH_BYTES];
    int drawn = 1 + random.below((tinyChat ? TINY_CHAT_LINES_MAX : CHAT_LINES_MAX) / count);
    int lines = Math.min(drawn, Math.max(1, network.masks.steps()));
    List<SimPeer> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      SplitMix its = network.random.split(1_000 + i);
      all.add(
          switch (kind) {
            case ECHO, PROXY -> new SimClient(network, i, its, scratch, false, null, limits);
            case LAYERED -> new SimClient(network, i, its, scratch, true, LAYER, limits);
            case LINES -> new SimClient(network, i, its, scratch, true, null, limits);
            case CHAT ->
                new ChatClient(network, i, its, scratch, chat, lines, count, tinyChat, limits);
          });
      if (hoards && random.onceIn(3)) {
        network.schedule.at(all.getLast(), random.below(LATE_NANOS_MAX)); // memory is short
      }
    }
    return all;
  }

  @Override
  public boolean mayPause() {
    return switch (kind) {
      case PROXY -> true;
      case CHAT -> chat.saysGoodbye();
      case ECHO, LAYERED, LINES -> echo.mayPause();
    };
  }

  @Override
  public int chunksMax() {
    return kind == Kind.LAYERED ? LAYERED_CHUNKS_MAX : CHUNKS_MAX;
  }

  @Override
  public long open() {
    return echo.open() + chat.open() + relays.open;
  }

  @Override
  public String toString() {
    return "server " + kind + " " + limits;
  }
}
