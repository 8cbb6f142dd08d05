package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A thousand clients at once against one loop: all are connected before the first byte is sent,
/// each sends 1 MiB of its own random bytes in random pieces and half-closes, and every byte that
/// comes back is compared.
class ThousandClientsIT {
  private static final int CLIENTS = 1_000;
  private static final int BYTES = 1 << 20;
  private static final int PIECE_MAX = 64 * 1024;
  private static final long SEED = Long.getLong("sluice.seed", 20261123L);

  /// One client. The bytes are made twice from the same seed: to send, and to compare.
  private static final class Client {
    final SocketChannel channel;
    final SplittableRandom outgoing;
    final SplittableRandom expected;
    final SplittableRandom pieces;
    final ByteBuffer pending = ByteBuffer.allocate(PIECE_MAX).flip();
    int sent;
    int received;

    Client(int number, SocketChannel channel) {
      this.channel = channel;
      outgoing = new SplittableRandom(SEED + number);
      expected = new SplittableRandom(SEED + number);
      pieces = new SplittableRandom(~SEED + number);
    }

    /// Sends until it would block; false when all is sent and the output is shut down.
    boolean send() throws IOException {
      while (sent < BYTES || pending.hasRemaining()) {
        if (!pending.hasRemaining()) {
          int size = Math.min(BYTES - sent, pieces.nextInt(1, PIECE_MAX));
          pending.clear();
          for (int i = 0; i < size; i++) {
            pending.put((byte) outgoing.nextInt());
          }
          sent += size;
          pending.flip();
        }
        if (channel.write(pending) == 0) {
          return true;
        }
      }
      channel.shutdownOutput();
      return false;
    }

    /// Compares what there is; false at the end of the stream.
    boolean receive(ByteBuffer buffer) throws IOException {
      int count = channel.read(buffer.clear());
      buffer.flip();
      for (int i = 0; i < count; i++) {
        byte want = (byte) expected.nextInt();
        if (buffer.get(i) != want) {
          throw new AssertionError("byte " + (received + i) + " of " + channel + " differs");
        }
      }
      received += Math.max(count, 0);
      return count >= 0;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll", "nio"})
  void everyByteComesBackInOrder(String backend) throws Exception {
    Program.requireBackend(backend);
    try (Program program = Program.start("serve", "--listen", "127.0.0.1:0", "--backend", backend);
        Selector selector = Selector.open()) {
      int port = program.port();
      int threads = program.threads();
      List<Client> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        SocketChannel channel =
            SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.configureBlocking(false);
        clients.add(new Client(i, channel));
      }
      long idleKibibytes = program.peakKibibytes();
      long start = System.nanoTime();
      for (Client client : clients) {
        client.channel.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE, client);
      }
      converse(selector);
      double seconds = (System.nanoTime() - start) / 1e9;
      long echoed = 0;
      for (Client client : clients) {
        assertThat(client.received).isEqualTo(BYTES);
        echoed += client.received;
        client.channel.close();
      }
      System.out.printf(
          "thousand clients on %s: %d connected before the first byte, %d bytes echoed and compared"
              + " in %.1f s, seed %d; peak resident memory %d MiB (%d MiB with all idle)%n",
          backend,
          clients.size(),
          echoed,
          seconds,
          SEED,
          program.peakKibibytes() / 1024,
          idleKibibytes / 1024);
      // One loop serves them all: no thread was added for them but the compiler's and collector's.
      assertThat(program.threads() - threads).isLessThan(10);
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
  }

  private static void converse(Selector selector) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
    while (selector.keys().stream().anyMatch(SelectionKey::isValid)) {
      assertThat(System.nanoTime()).as("time").isLessThan(deadline);
      selector.select(
          key -> {
            try {
              Client client = (Client) key.attachment();
              if (key.isReadable() && !client.receive(buffer)) {
                key.cancel();
              } else if (key.isWritable() && !client.send()) {
                key.interestOps(SelectionKey.OP_READ);
              }
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          },
          10_000);
    }
  }
}
