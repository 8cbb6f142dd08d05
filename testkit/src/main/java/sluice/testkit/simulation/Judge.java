package sluice.testkit.simulation;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Counters;
import sluice.server.Refusal;
import sluice.server.Server;
import sluice.spi.ChunkPool;

/// Says whether each client was closed or refused for a reason that it gave: never early, and in
/// time. Compares the server's counters with what it has seen. See [Grounds].
final class Judge {
  /// What one write may take above the budget, and what is being received.
  private static final int MEMORY_ABOVE_BYTES = 128 * 1024;

  private static final int SHORT_PERCENT = 80;

  /// Nobody here speaks a wrong protocol or becomes unreachable, and only clients are counted.
  private static final Set<CloseReason> CLOSING =
      EnumSet.complementOf(
          EnumSet.of(
              CloseReason.PEER_DEAD,
              CloseReason.CONNECT_FAILED,
              CloseReason.FRAME_TOO_LONG,
              CloseReason.PROTOCOL));

  /// Rates are not limited.
  private static final Set<Refusal> REFUSING =
      EnumSet.of(Refusal.MAX_CONNS, Refusal.PER_ADDRESS, Refusal.MEMORY, Refusal.DRAIN);

  final SplitMix random;
  private final SimNetwork network;
  private final SimHost host;
  private final Map<SimListener, DrawnLimits> limits = new LinkedHashMap<>();
  private final Map<SimListener, Server> servers = new HashMap<>();
  private final List<Witness> all = new ArrayList<>();
  private final Map<Integer, Witness> byClient = new HashMap<>();

  /// Those whose sockets are open.
  private final List<Witness> live = new ArrayList<>();

  private final Map<CloseReason, Long> told = new EnumMap<>(CloseReason.class);
  private long refused;
  private long refusedLate;

  /// Those that had been reset before: whether they were refused cannot be seen.
  private long unknown;

  private final Map<Integer, Violation> complaints = new LinkedHashMap<>();
  private final Grounds grounds;

  Judge(SimNetwork network, SimHost host, Grounds grounds) {
    this.network = network;
    this.host = host;
    this.grounds = grounds;
    random = network.random.split(10);
  }

  /// `server` listens there, and allows its clients so much.
  void watch(SimListener listener, Server server, DrawnLimits allowed) {
    servers.put(listener, server);
    limits.put(listener, allowed);
  }

  private DrawnLimits limits(Witness witness) {
    return limits.getOrDefault(witness.listener, DrawnLimits.NONE);
  }

  // What is seen at the system's boundary

  /// A server has got a connection from its system.
  Witness accepted(SimListener listener, SimSocket socket) {
    DrawnLimits allowed = limits.getOrDefault(listener, DrawnLimits.NONE);
    Witness witness =
        new Witness(network.holdUps, listener, socket, network.schedule.now(), allowed.outputSoft);
    all.add(witness);
    live.add(witness);
    if (!witness.wasDead) {
      byClient.put(socket.id, witness);
    }
    return witness;
  }

  /// The server has closed its socket.
  void freed(Witness witness) {
    live.remove(witness);
    if (witness.connection == null && network.stopping) {
      refusedLate++;
    }
    if (witness.wasDead) {
      unknown++;
      return;
    }
    if (witness.connection != null) {
      return;
    }
    refused++;
    DrawnLimits allowed = limits(witness);
    long others = live.stream().filter(w -> w.listener.equals(witness.listener)).count();
    boolean full =
        (allowed.connections > 0 && others >= allowed.connections)
            || (allowed.perAddress > 0 && others >= allowed.perAddress);
    if (!full && !isShort(allowed) && !network.stopping) {
      violate("refusal", witness, "refused beside " + others + " others");
    }
  }

  private boolean isShort(DrawnLimits allowed) {
    return allowed.memory > 0
        && host.loops().stream().anyMatch(l -> held(l) >= allowed.memory / 100 * SHORT_PERCENT);
  }

  private static long held(SimHost.LoopActor actor) {
    return (long) actor.loop().chunks().outstanding() * ChunkPool.CHUNK_BYTES;
  }

  // What is seen at the handler

  private @Nullable Witness witness(Connection connection) {
    return byClient.get(SimListener.client(connection.remoteAddress()));
  }

  void opened(Connection connection) {
    Witness witness = witness(connection);
    if (witness != null) {
      witness.opened(connection, network.schedule.now());
    }
  }

  void frame(Connection connection, int bytes) {
    Witness witness = witness(connection);
    if (witness != null) {
      witness.frame(bytes);
    }
  }

  void inputClosed(Connection connection) {
    Witness witness = witness(connection);
    if (witness != null) {
      witness.endWasTold = true;
    }
  }

  /// The handler is about to throw; false if that could not be told of it.
  boolean threw(Connection connection) {
    Witness witness = witness(connection);
    if (witness == null) {
      return false;
    }
    witness.threw = true;
    return true;
  }

  void closed(Connection connection, CloseReason reason) {
    told.merge(reason, 1L, Long::sum);
    Witness witness = witness(connection);
    if (witness == null) {
      return; // it was reset before, or it is no client
    }
    long now = Math.min(witness.shutAt, network.schedule.now());
    witness.shutAt = now;
    if (witness.threw != (reason == CloseReason.HANDLER_ERROR) && !network.stopping) {
      violate("reason", witness, "closed as " + reason + ", threw: " + witness.threw);
      return;
    }
    String objection =
        grounds.objection(reason, limits(witness), witness, now, network.schedule.now());
    if (objection != null) {
      violate("reason", witness, "closed as " + reason + ": " + objection);
    }
    if (grounds.excuses(reason)) {
      network.excuse(witness.socket.id);
    }
  }

  // What clients say

  /// A client's connection has ended before it should. Whether the server had a reason shows when
  /// the server has closed it.
  void complain(String check, int client, String detail) {
    if (!network.mayFail(client)) {
      complaints.putIfAbsent(client, new Violation(check, client, detail));
    }
  }

  // The checks

  void afterTurn(SimHost.LoopActor actor) {
    for (Witness witness : live) {
      if (witness.connection != null && witness.shutAt == Schedule.NEVER && !witness.isOpen()) {
        witness.shutAt = network.schedule.now();
      }
    }
    limits.forEach((listener, allowed) -> {
      if (allowed.areOn) {
        checkBounds(listener, allowed, actor);
      }
    });
  }

  private void checkBounds(SimListener listener, DrawnLimits allowed, SimHost.LoopActor actor) {
    int most = allowed.connections > 0 ? allowed.connections : Integer.MAX_VALUE;
    most = allowed.perAddress > 0 ? Math.min(most, allowed.perAddress) : most;
    int clients = 0;
    for (Witness witness : live) { // after each turn: a stream would cost as much as the turn
      clients += witness.connection != null && witness.listener.equals(listener) ? 1 : 0;
    }
    if (clients > most) {
      network.violate("limits", -1, clients + " clients, not " + most);
    }
    if (allowed.memory > 0 && held(actor) > allowed.memory + MEMORY_ABOVE_BYTES) {
      network.violate("memory", -1, held(actor) + " bytes held, not " + allowed.memory);
    }
  }

  /// Looks for connections that should have been closed; once faults have stopped, at `calmedAt`.
  void checkDeadlines(long calmedAt) {
    for (Witness witness : live) {
      if (grounds.lingers(witness, network.schedule.now(), calmedAt)) {
        violate("late", witness, "open, though both directions have ended");
      }
      if (witness.isOpen()) {
        String late = grounds.overdue(limits(witness), witness, network.schedule.now(), calmedAt);
        if (late != null) {
          violate("late", witness, late);
        }
      }
    }
  }

  /// Everything has ended: adds up.
  void checkTheEnd() {
    complaints.forEach((client, complaint) -> {
      Witness witness = byClient.get(client);
      boolean wasRefused = witness != null && witness.connection == null;
      if (!network.isExcused(client) && !wasRefused) {
        network.violate(complaint.check(), client, complaint.detail());
      }
    });
    long offered = 0;
    long turnedAway = 0;
    Map<CloseReason, Long> closed = new EnumMap<>(CloseReason.class);
    for (Map.Entry<SimListener, Server> each : servers.entrySet()) {
      Counters counters = each.getValue().counters();
      offered += counters.offered();
      turnedAway += sum(counters.refused());
      counters.closed().forEach((why, count) -> closed.merge(why, count, Long::sum));
      checkCounters(each.getKey(), counters);
    }
    // What came with the cancel of the last accept is reset without being offered.
    between("offered", offered, all.size() - refusedLate, all.size());
    between("refused", turnedAway, refused - refusedLate, refused + unknown);
    for (CloseReason why : CloseReason.values()) {
      boolean mayBeUntold = why == CloseReason.DRAIN || why == CloseReason.DRAIN_DEADLINE;
      if (!mayBeUntold && !network.connectsOut) {
        equal("closed as " + why, closed.getOrDefault(why, 0L), told.getOrDefault(why, 0L));
      }
    }
  }

  private void checkCounters(SimListener listener, Counters counters) {
    long received = 0;
    long sent = 0;
    for (Witness witness : all) {
      if (witness.listener.equals(listener)) {
        received += witness.received;
        sent += witness.sent;
      }
    }
    equal("received bytes", counters.receivedBytes(), received);
    equal("sent bytes", counters.sentBytes(), sent);
    equal("open", counters.open(), 0);
    equal("accepted", counters.accepted(), sum(counters.closed()));
    equal("offered", counters.offered(), counters.accepted() + sum(counters.refused()));
  }

  private static long sum(Map<?, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  private void equal(String what, long counted, long seen) {
    between(what, counted, seen, seen);
  }

  private void between(String what, long counted, long least, long most) {
    if (counted < least || counted > most) {
      network.violate("counters", -1, what + ": counted " + counted + ", seen " + most);
    }
  }

  private void violate(String check, Witness witness, String detail) {
    network.violate(check, witness.socket.id, detail);
  }

  /// Returns how often each reason has closed or refused a client, of those that can.
  Map<String, Long> outcomes() {
    Map<String, Long> result = new TreeMap<>();
    CLOSING.forEach(why -> result.put("closed_" + why, told.getOrDefault(why, 0L)));
    REFUSING.forEach(why -> result.put("refused_" + why, 0L));
    for (Server server : servers.values()) {
      Map<Refusal, Long> refusals = server.counters().refused();
      REFUSING.forEach(why -> result.merge("refused_" + why, refusals.get(why), Long::sum));
    }
    return result;
  }
}
