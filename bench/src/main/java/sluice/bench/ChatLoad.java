package sluice.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import sluice.Backend;
import sluice.Interest;
import sluice.Poller;
import sluice.StreamSocket;

/// Loads a chat on the port named by the first argument: one client says something, and when all
/// others (the second argument says how many) have heard it, byte for byte, it says the next thing,
/// for as many milliseconds as the third argument says. Prints JSON like `sluice bench`; a message
/// is one that one client has heard.
final class ChatLoad {
  private static final int MESSAGE_BYTES = 64;
  private static final int MESSAGES = 1021; // different ones
  private static final int CONNECTING_MAX = 256;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final double P99 = 0.99;

  /// One who listens.
  private static final class Client {
    final StreamSocket socket;
    boolean connected;
    long heard;

    Client(StreamSocket socket) {
      this.socket = socket;
    }
  }

  private final Backend backend = Backend.best();
  private final Poller<Client> poller = backend.openPoller();
  private final ByteBuffer pattern = ByteBuffer.allocateDirect(MESSAGES * MESSAGE_BYTES);
  private final ByteBuffer input = ByteBuffer.allocateDirect(2 * MESSAGE_BYTES);
  private int connecting;
  private long said;
  private int waitingFor;

  private ChatLoad() throws IOException {
    byte[] bytes = new byte[pattern.capacity()];
    new Random(1).nextBytes(bytes);
    pattern.put(bytes);
  }

  public static void main(String[] args) throws IOException {
    var server = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
    new ChatLoad().run(server, Integer.parseInt(args[1]), Long.parseLong(args[2]) * 1_000_000);
  }

  private void run(SocketAddress server, int listeners, long nanos) throws IOException {
    connect(server, listeners);
    // The last to come: when the server reads from it, all others have been accepted.
    Client speaker = connect(server, 1).getFirst();
    List<Long> times = new ArrayList<>();
    long start = System.nanoTime();
    long now = start;
    while (now - start < nanos) {
      say(speaker, listeners);
      long before = now;
      while (waitingFor > 0) {
        select();
      }
      now = System.nanoTime();
      times.add(now - before);
    }
    long[] sorted = times.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    long messages = said / MESSAGE_BYTES * listeners;
    System.out.printf(
        "{\"nanos\":%d,\"messages\":%d,\"verified\":%d,\"latency\":{\"p99\":%d}}%n",
        now - start, messages, messages, sorted[(int) (sorted.length * P99)]);
  }

  private List<Client> connect(SocketAddress server, int count) throws IOException {
    List<Client> clients = new ArrayList<>();
    while (clients.size() < count || connecting > 0) {
      while (clients.size() < count && connecting < CONNECTING_MAX) {
        Client client = new Client(backend.connect(server));
        clients.add(client);
        connecting++;
        poller.register(client.socket, Interest.WRITE, client);
      }
      select();
    }
    return clients;
  }

  private void say(Client speaker, int listeners) throws IOException {
    int at = (int) (said % pattern.capacity());
    if (speaker.socket.write(pattern.limit(at + MESSAGE_BYTES).position(at)) < MESSAGE_BYTES) {
      throw new IOException("a message does not go out");
    }
    said += MESSAGE_BYTES;
    waitingFor = listeners;
  }

  private void select() throws IOException {
    IOException[] failure = {null};
    int count =
        poller.select(
            PATIENCE,
            (client, _) -> {
              try {
                ready(client);
              } catch (IOException e) {
                failure[0] = e;
              }
            });
    if (failure[0] != null) {
      throw failure[0];
    }
    if (count == 0) {
      throw new IOException("nothing happens; " + waitingFor + " have not heard the last message");
    }
  }

  private void ready(Client client) throws IOException {
    if (client.connected) {
      hear(client);
    } else if (client.socket.finishConnect()) {
      client.connected = true;
      connecting--;
      poller.modify(client.socket, Interest.READ);
    }
  }

  private void hear(Client client) throws IOException {
    int count = client.socket.read(input.clear());
    if (count < 0) {
      throw new EOFException("the server has closed a connection");
    }
    if (client.heard + count > said) {
      throw new IOException("somebody hears more than was said");
    }
    int at = (int) (client.heard % pattern.capacity());
    if (input.flip().mismatch(pattern.limit(at + count).position(at)) >= 0) {
      throw new IOException("somebody hears something else than was said");
    }
    client.heard += count;
    if (count > 0 && client.heard == said) {
      waitingFor--;
    }
  }
}
