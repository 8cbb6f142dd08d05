package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;

/// Passes each line on to all but its speaker, in the speaker's callback or from outside of the
/// loops, and now and then tells one of them which line that was. Whoever broadcasts and then
/// writes must be heard in that order: a receiver that is told of another line than the last it got
/// has found a violation.
final class Chat implements ConnectionHandler {
  private static final int LATER_NANOS_MAX = 5_000_000;
  private static final int MARK_ONCE_IN = 3;

  /// A line on its way.
  private record Spoken(Connection speaker, ByteBuffer line, String name) {}

  /// Speaks for one client from outside of the loops.
  private final class Helper extends Schedule.Actor {
    final ArrayDeque<Spoken> waiting = new ArrayDeque<>();
    private @Nullable Connection leaving;
    private boolean acting;

    Helper(SplitMix random) {
      super(random);
    }

    void soon() {
      network.schedule.atLatest(
          this, network.schedule.now() + random.logarithmic(1_000, LATER_NANOS_MAX));
    }

    private void sayGoodbye() {
      Connection connection = leaving;
      if (connection != null) {
        leaving = null;
        ByteBuffer goodbye = ByteBuffer.wrap((GOODBYE + "\n").getBytes(StandardCharsets.US_ASCII));
        connection.server().broadcast(goodbye, connection::equals);
        connection.close();
      }
    }

    @Override
    void act() {
      if (acting) {
        return; // a thread does one thing at a time; it goes on by itself
      }
      acting = true;
      try {
        while (!waiting.isEmpty()) {
          speak(waiting.removeFirst());
        }
        sayGoodbye();
      } catch (RejectedExecutionException _) {
        waiting.clear(); // the server has ended
      } finally {
        acting = false;
      }
    }
  }

  /// What a client gets last, by a broadcast, when it is closed from outside of the loops.
  static final String GOODBYE = "b";

  private final SimNetwork network;
  private final SplitMix random;
  private final boolean elsewhere;
  private final long key;
  private final int textMax;
  private final List<ChatClient> clients = new ArrayList<>();
  private final Map<Connection, Helper> helpers = new HashMap<>();
  private final List<Connection> present = new ArrayList<>();

  /// When the server opened the connection of each client.
  private final Map<Integer, Integer> order = new HashMap<>();

  private int opened;
  private int closed;

  Chat(SimNetwork network, int textMax) {
    this.network = network;
    this.textMax = textMax;
    random = network.random.split(6);
    elsewhere = random.onceIn(2);
    key = random.next();
  }

  void add(ChatClient client) {
    clients.add(client);
  }

  /// Returns the line that `speaker` says as its `count`th, with its end.
  byte[] line(int speaker, int count) {
    long drawn = SplitMix.mix(key + speaker * 1_000_003L + count);
    StringBuilder line = new StringBuilder(speaker + " " + count + " ");
    for (int i = (int) ((drawn >>> 1) % textMax); i > 0; i--) {
      line.append((char) ('a' + ((drawn >>> (i % 57)) & 15)));
    }
    return line.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
  }

  /// Something has changed that a client may wait for.
  void changed() {
    clients.forEach(client -> {
      if (!client.isDone()) {
        client.actSoon();
      }
    });
  }

  /// Tells whether `receiver` has got all that it must get.
  boolean isComplete(ChatClient receiver) {
    Integer since = order.get(receiver.number);
    if (since == null) {
      return false;
    }
    for (ChatClient speaker : clients) {
      if (speaker == receiver || speaker.isGone()) {
        continue;
      }
      Integer from = order.get(speaker.number);
      if (from == null || !speaker.hasSaidAll()) {
        return false;
      }
      if (since < from && receiver.lastOf(speaker.number) != speaker.lines() - 1) {
        return false;
      }
    }
    return true;
  }

  /// Tells whether `receiver` was there before `speaker`, so that it gets the very first line.
  boolean hearsFromTheStart(int receiver, int speaker) {
    Integer since = order.get(receiver);
    Integer from = order.get(speaker);
    return since != null && from != null && since < from;
  }

  /// Returns how many connections were opened and not closed.
  long open() {
    return (long) opened - closed;
  }

  @Override
  public void onOpen(Connection connection) {
    opened++;
    present.add(connection);
    int client = SimListener.client(connection.remoteAddress());
    if (client >= 0) {
      order.put(client, opened);
    }
    changed();
  }

  @Override
  public void onData(Connection connection, ByteBuffer data) {
    byte[] line = new byte[data.remaining() + 1];
    data.get(line, 0, line.length - 1);
    line[line.length - 1] = '\n';
    String[] words = new String(line, StandardCharsets.US_ASCII).split(" ", 3);
    Spoken spoken = new Spoken(connection, ByteBuffer.wrap(line), words[0] + " " + words[1]);
    if (elsewhere) {
      Helper helper = helper(connection);
      helper.waiting.add(spoken);
      helper.soon();
    } else {
      speak(spoken);
    }
  }

  private Helper helper(Connection connection) {
    return helpers.computeIfAbsent(
        connection, _ -> new Helper(network.random.split(700_000 + helpers.size())));
  }

  /// Tells whether clients get [#GOODBYE].
  boolean saysGoodbye() {
    return elsewhere;
  }

  @Override
  public void onInputClosed(Connection connection) {
    if (elsewhere) {
      Helper helper = helper(connection);
      helper.leaving = connection;
      helper.soon();
    } else {
      connection.close();
    }
  }

  private void speak(Spoken spoken) {
    Connection speaker = spoken.speaker;
    // Chosen before: who comes meanwhile is told of what it has not got.
    Connection told = random.onceIn(MARK_ONCE_IN) ? someoneBut(speaker) : null;
    speaker.server().broadcast(spoken.line, other -> !other.equals(speaker));
    if (told != null) {
      byte[] mark = ("m " + spoken.name + "\n").getBytes(StandardCharsets.US_ASCII);
      told.write(ByteBuffer.wrap(mark));
    }
  }

  private @Nullable Connection someoneBut(Connection speaker) {
    Connection someone = present.isEmpty() ? speaker : present.get(random.below(present.size()));
    return someone.equals(speaker) ? null : someone;
  }

  @Override
  public void onClose(Connection connection, CloseReason reason) {
    closed++;
    present.remove(connection);
    int client = SimListener.client(connection.remoteAddress());
    if (reason != CloseReason.OK && client >= 0) {
      clients.get(client).lost();
    }
    changed();
  }
}
