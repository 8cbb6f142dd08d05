package sluice.program;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.HdrHistogram.Histogram;
import sluice.Backend;
import sluice.Interest;
import sluice.Poller;
import sluice.Readiness;
import sluice.StreamSocket;

/// Messages through an echo server and back, by one thread on one poller. Every byte that comes
/// back is compared with the one that was sent.
final class Load implements AutoCloseable {
  /// What to do.
  ///
  /// @param connections that send
  /// @param bytes of a message
  /// @param lines whether each message is a line, and its last byte a line feed
  /// @param inFlight messages that each has under way
  /// @param warmUp before anything is counted
  /// @param duration of what is counted
  /// @param idle connections beside them, which send nothing
  /// @param churn whether each connection is closed after one message, and opened again
  /// @param rate messages a second in all; 0 sends the next when one has come back
  record Plan(
      int connections,
      int bytes,
      boolean lines,
      int inFlight,
      Duration warmUp,
      Duration duration,
      int idle,
      boolean churn,
      long rate) {}

  /// Told how far it is, as often as it likes.
  @FunctionalInterface
  interface Progress {
    /// Says how far it is.
    ///
    /// @param part between 0 and 1
    void at(double part, long messages);
  }

  /// The most bytes of a line: so there are many different ones in the pattern.
  static final int LINE_BYTES_MAX = 4096;

  /// Has no factor in common with usual sizes, so a message that is lost or doubled does not go
  /// unseen.
  private static final int PATTERN_BYTES = 65_521;

  private static final int FIRST_OF_TEXT = '!';
  private static final int BEHIND_TEXT = '~' + 1;
  private static final int READ_BYTES = 64 * 1024;
  private static final int CONNECTING_MAX = 256;
  private static final long HIGHEST_NANOS = Duration.ofMinutes(5).toNanos();
  private static final int DIGITS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /// One connection and where it is in its stream.
  private static final class Client {
    final boolean idle;
    final long[] sentAt;
    StreamSocket socket;
    Interest interest = Interest.WRITE;
    boolean connected;
    long wanted;
    long sent;
    long received;

    Client(StreamSocket socket, boolean idle, int inFlight) {
      this.socket = socket;
      this.idle = idle;
      this.sentAt = new long[inFlight];
    }
  }

  private final Backend backend;
  private final SocketAddress address;
  private final Plan plan;
  private final Progress progress;
  private final Poller<Client> poller;
  private final List<Client> clients = new ArrayList<>();

  /// Any part of an endless stream is one slice of this, which is the beginning of the stream
  /// twice.
  private final ByteBuffer pattern;

  private final int period;
  private final ByteBuffer input = ByteBuffer.allocateDirect(READ_BYTES);
  private final Histogram latency = new Histogram(HIGHEST_NANOS, DIGITS);

  private int connecting;
  private int nextClient;
  private boolean running;
  private boolean measuring;
  private boolean ending;
  private long now;
  private long measured;
  private long messages;
  private long measuredNanos;
  private long lastProgress;

  Load(Backend backend, SocketAddress address, Plan plan, Progress progress) throws IOException {
    this.backend = backend;
    this.address = address;
    this.plan = plan;
    this.progress = progress;
    poller = backend.openPoller();
    byte[] bytes = plan.lines ? lines(plan.bytes) : noise();
    period = bytes.length;
    pattern = ByteBuffer.allocateDirect(2 * period).put(bytes).put(bytes);
  }

  private static byte[] noise() {
    byte[] bytes = new byte[PATTERN_BYTES];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  /// Whole lines of `size` bytes, each different from the next.
  private static byte[] lines(int size) {
    byte[] bytes = new byte[PATTERN_BYTES / size * size];
    Random random = new Random(1);
    for (int i = 0; i < bytes.length; i++) {
      boolean last = (i + 1) % size == 0;
      bytes[i] = (byte) (last ? '\n' : random.nextInt(FIRST_OF_TEXT, BEHIND_TEXT));
    }
    return bytes;
  }

  /// Connects all, and only then sends the first byte.
  void connect() throws IOException {
    int all = plan.connections + plan.idle;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (clients.size() < all || connecting > 0) {
      while (clients.size() < all && connecting < CONNECTING_MAX) {
        Client client =
            new Client(backend.connect(address), clients.size() >= plan.connections, plan.inFlight);
        clients.add(client);
        connecting++;
        poller.register(client.socket, Interest.WRITE, client);
      }
      int before = connecting;
      select(PATIENCE);
      if (connecting < before) {
        deadline = System.nanoTime() + PATIENCE.toNanos();
      } else if (System.nanoTime() - deadline > 0) {
        throw new IOException(connecting + " connections are not taken: connect: no answer");
      }
    }
  }

  /// Runs the plan.
  void run() throws IOException {
    now = System.nanoTime();
    long start = now;
    running = true;
    long measureAt = start + plan.warmUp.toNanos();
    long endAt = measureAt + plan.duration.toNanos();
    long interval = plan.rate == 0 ? 0 : Math.max(1, 1_000_000_000L / plan.rate);
    long due = start;
    if (plan.rate == 0) {
      for (int i = 0; i < plan.connections; i++) {
        refill(clients.get(i));
      }
    }
    long measuredFrom = start;
    long lastMessage = now;
    long before = 0;
    while (now < endAt) {
      if (!measuring && now >= measureAt) {
        measuring = true;
        measuredFrom = now;
        endAt = now + plan.duration.toNanos();
      }
      if (plan.rate > 0) {
        while (due <= now && sendOne(due)) {
          due += interval;
        }
      }
      long wait = plan.rate > 0 ? Math.max(0, Math.min(due, endAt) - now) : endAt - now;
      select(Duration.ofNanos(Math.min(wait, 100_000_000)));
      now = System.nanoTime();
      if (messages > before) {
        before = messages;
        lastMessage = now;
      } else if (now - lastMessage > PATIENCE.toNanos() && plan.rate == 0) {
        throw new IOException("nothing has come back for " + PATIENCE.toSeconds() + " s");
      }
      if (now - lastProgress > 100_000_000) {
        lastProgress = now;
        progress.at((double) (now - start) / (endAt - start), messages);
      }
    }
    measuredNanos = now - measuredFrom;
    finish();
  }

  /// Takes back what is under way, so that all that was sent is compared.
  private void finish() throws IOException {
    ending = true;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (underWay() > 0) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(underWay() + " bytes have not come back");
      }
      select(Duration.ofMillis(100));
    }
  }

  private long underWay() {
    return clients.stream().filter(c -> c.connected).mapToLong(c -> c.wanted - c.received).sum();
  }

  private void select(Duration timeout) throws IOException {
    IOException[] failure = {null};
    poller.select(
        timeout,
        (client, readiness) -> {
          if (failure[0] == null) {
            try {
              ready(client, readiness);
            } catch (IOException e) {
              failure[0] = e;
            }
          }
        });
    if (failure[0] != null) {
      throw failure[0];
    }
  }

  private void ready(Client client, Readiness readiness) throws IOException {
    if (!client.connected) {
      if (!client.socket.finishConnect()) {
        return;
      }
      client.connected = true;
      connecting--;
      want(client, Interest.READ);
      if (running && plan.rate == 0) {
        refill(client);
      }
      return;
    }
    if (readiness.writable()) {
      write(client);
    }
    if (readiness.readable() || readiness.hangup() || readiness.error()) {
      read(client);
    }
  }

  private void want(Client client, Interest interest) throws IOException {
    if (!client.interest.equals(interest)) {
      client.interest = interest;
      poller.modify(client.socket, interest);
    }
  }

  /// Sends as many messages as may be under way.
  private void refill(Client client) throws IOException {
    boolean more = false;
    while (!ending && hasRoom(client) && !(plan.churn && client.wanted > 0)) {
      add(client, now);
      more = true;
    }
    if (more) {
      write(client);
    }
  }

  private boolean hasRoom(Client client) {
    return client.wanted - client.received <= (long) (plan.inFlight - 1) * plan.bytes;
  }

  private void add(Client client, long at) {
    client.sentAt[(int) (client.wanted / plan.bytes % plan.inFlight)] = at;
    client.wanted += plan.bytes;
  }

  /// Sends a message that was due at `at`; false if every connection has as many as it may.
  private boolean sendOne(long at) throws IOException {
    for (int tried = 0; tried < plan.connections; tried++) {
      Client client = clients.get(nextClient);
      nextClient = (nextClient + 1) % plan.connections;
      if (client.connected && hasRoom(client)) {
        add(client, at);
        write(client);
        return true;
      }
    }
    return false;
  }

  private void write(Client client) throws IOException {
    while (client.sent < client.wanted) {
      int at = (int) (client.sent % period);
      int count = (int) Math.min(period, client.wanted - client.sent);
      pattern.limit(at + count).position(at);
      int wrote = client.socket.write(pattern);
      client.sent += wrote;
      if (wrote < count) {
        want(client, Interest.READ.plus(Interest.WRITE));
        return;
      }
    }
    want(client, Interest.READ);
  }

  private void read(Client client) throws IOException {
    input.clear();
    int count = client.socket.read(input);
    if (count < 0) {
      throw new EOFException("the server has closed a connection");
    }
    input.flip();
    while (input.hasRemaining()) {
      int at = (int) (client.received % period);
      int length = Math.min(input.remaining(), period);
      if (client.received + length > client.wanted) {
        throw new IOException("the server sends more than it gets: is it an echo server?");
      }
      pattern.limit(at + length).position(at);
      int limit = input.limit();
      input.limit(input.position() + length);
      int difference = input.mismatch(pattern);
      input.limit(limit);
      if (difference >= 0) {
        throw new IOException(
            "byte %d of a connection is not what was sent: is it an echo server?"
                .formatted(client.received + difference));
      }
      input.position(input.position() + length);
      came(client, length);
    }
    if (plan.churn && client.received == client.wanted && client.wanted > 0) {
      reopen(client);
    } else if (plan.rate == 0 && !client.idle) {
      refill(client);
    }
  }

  /// So many more bytes came back.
  private void came(Client client, int count) {
    long before = client.received / plan.bytes;
    client.received += count;
    long after = client.received / plan.bytes;
    if (after == before) {
      return;
    }
    now = System.nanoTime();
    for (long message = before; message < after; message++) {
      messages++;
      if (measuring && !ending) {
        measured++;
        long nanos = now - client.sentAt[(int) (message % plan.inFlight)];
        latency.recordValue(Math.min(Math.max(nanos, 1), HIGHEST_NANOS));
      }
    }
  }

  private void reopen(Client client) throws IOException {
    client.socket.close();
    client.connected = false;
    client.wanted = 0;
    client.sent = 0;
    client.received = 0;
    if (ending) {
      return;
    }
    client.socket = backend.connect(address);
    client.interest = Interest.WRITE;
    connecting++;
    poller.register(client.socket, Interest.WRITE, client);
  }

  /// Returns the messages that were counted.
  long measured() {
    return measured;
  }

  /// Returns all messages that came back as they were sent.
  long messages() {
    return messages;
  }

  long measuredNanos() {
    return measuredNanos;
  }

  Histogram latency() {
    return latency;
  }

  @Override
  public void close() throws IOException {
    for (Client client : clients) {
      client.socket.close();
    }
    poller.close();
  }
}
