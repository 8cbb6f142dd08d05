package sluice.linux.uring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import sluice.Select;
import sluice.StreamSocket;

/// What tests do with sockets.
final class Sockets {
  /// Runs each task on a thread of its own.
  static final Executor NEW_THREAD = task -> Thread.ofPlatform().start(task);

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Sockets() {}

  static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /// Waits for the end of the stream, or a reset.
  static void awaitEnd(StreamSocket socket) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1024);
    while (true) {
      assertThat(Select.select(List.of(socket), List.of(), List.of(), LIMIT).readable()).hasSize(1);
      try {
        if (socket.read(buffer.clear()) < 0) {
          return;
        }
      } catch (IOException _) {
        return;
      }
    }
  }

  static CompletableFuture<byte[]> readAll(StreamSocket socket, int count) {
    return CompletableFuture.supplyAsync(
        () -> {
          ByteBuffer all = ByteBuffer.allocate(count);
          try {
            while (all.hasRemaining()) {
              Select.select(List.of(socket), List.of(), List.of(), LIMIT);
              if (socket.read(all) < 0) {
                throw new AssertionError("ended after " + all.position());
              }
            }
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          return all.array();
        },
        NEW_THREAD);
  }
}
