package sluice.testkit.simulation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import sluice.server.ConnectionHandler;

/// Somebody else's handler, and clients that know what they have to hear.
final class RehearsalScene implements Scene {
  private static final int CLIENTS_MAX = 6;
  private static final int LOOPS_MAX = 3;
  private static final int SCRATCH_BYTES = 16_384;

  /// A handler may write much more than it gets.
  private static final int CHUNKS_MAX = 1_000;

  private final SimNetwork network;
  private final Supplier<? extends ConnectionHandler> handler;
  private final boolean perConnection;
  private final List<Rehearsal.Conversation> conversations;

  RehearsalScene(
      SimNetwork network,
      Supplier<? extends ConnectionHandler> handler,
      boolean perConnection,
      List<Rehearsal.Conversation> conversations) {
    this.network = network;
    this.handler = handler;
    this.perConnection = perConnection;
    this.conversations = conversations;
  }

  @Override
  public DrawnLimits limits() {
    return DrawnLimits.NONE;
  }

  @Override
  public Grounds grounds() {
    return Grounds.ofAnyProtocol(network);
  }

  @Override
  public void start(Simulation run, SplitMix random) throws IOException {
    Supplier<ConnectionHandler> seen = () -> run.observed(handler.get(), 0, false);
    run.serve(
        random,
        Simulation.FRONT,
        LOOPS_MAX,
        DrawnLimits.NONE,
        b -> {
          if (perConnection) {
            b.handlerPerConnection(seen);
          } else {
            b.handler(seen.get());
          }
        });
  }

  @Override
  public List<SimPeer> clients(SplitMix random) {
    byte[] scratch = new byte[SCRATCH_BYTES];
    List<SimPeer> all = new ArrayList<>();
    int count = 1 + random.below(CLIENTS_MAX);
    for (int i = 0; i < count; i++) {
      Rehearsal.Conversation its = conversations.get(random.below(conversations.size()));
      all.add(new RehearsalClient(network, i, network.random.split(1_000 + i), scratch, its));
    }
    return all;
  }

  @Override
  public boolean mayPause() {
    return true;
  }

  @Override
  public int chunksMax() {
    return CHUNKS_MAX;
  }

  @Override
  public long open() {
    return 0; // the server's counters tell
  }

  @Override
  public String toString() {
    return "rehearsal";
  }
}
