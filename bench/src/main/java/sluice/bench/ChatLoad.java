package sluice.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Random;

/// A chat in which one speaks and many listen: `PORT LISTENERS WARM-UP-MILLIS MILLIS`. The next
/// message is said when every listener has the last but [#UNDER_WAY]. Every byte is compared.
/// Prints what `sluice bench --json` prints of it; a message counts once for each who heard it.
final class ChatLoad {
  private static final int BYTES = 64;
  private static final int UNDER_WAY = 4;

  /// Messages that differ; the next ones are like the first.
  private static final int DISTINCT = 997;

  private final ByteBuffer said = ByteBuffer.allocateDirect(DISTINCT * BYTES);
  private final ByteBuffer input = ByteBuffer.allocateDirect(64 * 1024);
  private final Selector selector = Selector.open();
  private final SocketChannel speaker;
  private final long[] received;
  private long heard;
  private long spoken;

  private ChatLoad(int port, int listeners) throws IOException {
    byte[] bytes = new byte[DISTINCT * BYTES];
    new Random(1).nextBytes(bytes);
    said.put(bytes).flip();
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    received = new long[listeners];
    for (int i = 0; i < listeners; i++) {
      SocketChannel listener = SocketChannel.open(address);
      listener.configureBlocking(false);
      listener.register(selector, SelectionKey.OP_READ, i);
    }
    speaker = SocketChannel.open(address);
  }

  public static void main(String[] args) throws IOException {
    ChatLoad load = new ChatLoad(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
    load.run(Long.parseLong(args[2]) * 1_000_000);
    long before = load.heard;
    long start = System.nanoTime();
    load.run(Long.parseLong(args[3]) * 1_000_000);
    long nanos = System.nanoTime() - start;
    long counted = load.heard - before;
    load.finish();
    System.out.printf(
        "{\"messages\":%d,\"nanos\":%d,\"verified\":%d}%n", counted, nanos, load.heard);
  }

  private void run(long nanos) throws IOException {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end) {
      while (spoken - heard / received.length < UNDER_WAY) {
        int at = (int) (spoken % DISTINCT) * BYTES;
        said.limit(at + BYTES).position(at);
        speaker.write(said);
        spoken++;
      }
      hear();
    }
  }

  /// Waits until everybody has heard everything.
  private void finish() throws IOException {
    while (heard < spoken * received.length) {
      hear();
    }
  }

  private void hear() throws IOException {
    int count =
        selector.select(
            key -> {
              try {
                hear((SocketChannel) key.channel(), (int) key.attachment());
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            },
            10_000);
    if (count == 0) {
      throw new IOException("nothing was heard for 10 s");
    }
  }

  private void hear(SocketChannel listener, int number) throws IOException {
    int count = listener.read(input.clear());
    if (count < 0) {
      throw new IOException("the server has closed a connection");
    }
    input.flip();
    long before = received[number];
    while (input.hasRemaining()) {
      int at = (int) (received[number] % said.capacity());
      int length = Math.min(input.remaining(), said.capacity() - at);
      if (!input.slice(input.position(), length).equals(said.clear().slice(at, length))) {
        throw new IOException("a listener was told what nobody has said");
      }
      input.position(input.position() + length);
      received[number] += length;
    }
    heard += received[number] / BYTES - before / BYTES;
  }
}
