package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import sluice.Backend;
import sluice.EventLoop;
import sluice.Listener;
import sluice.Pollable;
import sluice.Poller;
import sluice.Select;
import sluice.StreamSocket;

/// What the contract suites share: where the backend is, and sockets that are closed after each
/// test.
@ExtendWith(RingRefused.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class BackendContract {
  static final Duration LONG = Duration.ofSeconds(Wait.LIMIT_SECONDS);

  private final Deque<AutoCloseable> opened = new ConcurrentLinkedDeque<>();
  private @Nullable Path directory;

  /// Returns the backend under test.
  protected abstract Backend backend();

  /// Tells whether the backend has exceptional conditions and can receive urgent data. If not, the
  /// suites check that it says so.
  protected boolean supportsExceptional() {
    return true;
  }

  /// Both ends of a connection.
  record Pair(StreamSocket client, StreamSocket server) {}

  @AfterEach
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void closeEverything() throws Exception {
    for (AutoCloseable last = opened.pollLast(); last != null; last = opened.pollLast()) {
      last.close();
    }
    if (directory != null) {
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
    }
  }

  final <T extends AutoCloseable> T track(T resource) {
    opened.add(resource);
    return resource;
  }

  static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  final UnixDomainSocketAddress unixAddress() throws IOException {
    if (directory == null) {
      directory = Files.createTempDirectory("sluice");
    }
    return UnixDomainSocketAddress.of(directory.resolve("socket" + opened.size()));
  }

  final Listener listen(SocketAddress address) throws IOException {
    return track(backend().listen(address, 1024));
  }

  final Listener listener() throws IOException {
    return listen(loopback());
  }

  final Pair pair() throws Exception {
    return pair(listener());
  }

  final Pair unixPair() throws Exception {
    return pair(listen(unixAddress()));
  }

  final Pair pair(Listener listener) throws Exception {
    StreamSocket client = track(backend().connect(listener.localAddress()));
    StreamSocket server = accept(listener);
    Wait.until("connected", client::finishConnect);
    return new Pair(client, server);
  }

  final List<Pair> pairs(int count) throws Exception {
    Listener listener = listener();
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pairs.add(pair(listener));
    }
    return pairs;
  }

  final StreamSocket accept(Listener listener) throws Exception {
    awaitReadable(listener);
    StreamSocket accepted = listener.accept();
    assertThat(accepted).isNotNull();
    return track(java.util.Objects.requireNonNull(accepted));
  }

  /// A loopback address where nobody listens.
  final SocketAddress refusingAddress() throws Exception {
    try (Listener listener = backend().listen(loopback(), 1)) {
      return listener.localAddress();
    }
  }

  final <A> Poller<A> poller() throws IOException {
    return track(backend().openPoller());
  }

  final EventLoop loop() throws IOException {
    return track(backend().openLoop("contract"));
  }

  static void awaitReadable(Pollable... sources) throws Exception {
    for (Pollable source : sources) {
      assertThat(Select.select(List.of(source), List.of(), List.of(), LONG).readable())
          .containsExactly(source);
    }
  }

  static byte[] randomBytes(long seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  /// Writes all of it and waits until the peer can read it.
  static void send(StreamSocket from, StreamSocket to, String text) throws Exception {
    ByteBuffer data = bytes(text);
    Wait.until("written", () -> from.write(data) >= 0 && !data.hasRemaining());
    awaitReadable(to);
  }

  /// Reads exactly `count` bytes.
  static String receive(StreamSocket from, int count) throws Exception {
    ByteBuffer data = ByteBuffer.allocate(count);
    Wait.until(count + " bytes", () -> from.read(data) >= 0 && !data.hasRemaining());
    return new String(data.array(), java.nio.charset.StandardCharsets.US_ASCII);
  }

  /// Waits for the end of the stream.
  static void awaitEnd(StreamSocket socket) throws Exception {
    ByteBuffer room = ByteBuffer.allocate(1);
    Wait.until("end of stream", () -> socket.read(room) == -1);
  }

  /// Writes until the system takes no more, and returns how much it took.
  static long fill(StreamSocket socket) throws Exception {
    long written = 0;
    ByteBuffer block = ByteBuffer.allocate(64 * 1024);
    List<StreamSocket> one = List.of(socket);
    // The system goes on moving bytes to the receiver for a moment after its first refusal.
    while (!Select.select(List.of(), one, List.of(), Duration.ofMillis(50)).isEmpty()) {
      for (int count = -1; count != 0; written += count) {
        count = socket.write(block.clear());
      }
    }
    return written;
  }

  /// Reads what there is, up to `limit` bytes.
  static long drain(StreamSocket socket, long limit) throws Exception {
    ByteBuffer block = ByteBuffer.allocate(64 * 1024);
    long[] total = {0};
    Wait.until(
        limit + " bytes are read",
        () -> {
          int count = socket.read(block.clear());
          total[0] += Math.max(count, 0);
          return total[0] >= limit;
        });
    return total[0];
  }

  /// Runs `call` and checks that it took at least `minimum`.
  static void assertNotEarly(Duration minimum, DescriptorCount.ThrowingRunnable call)
      throws Exception {
    long start = System.nanoTime();
    call.run();
    assertThat(System.nanoTime() - start)
        .as("nanoseconds waited")
        .isGreaterThanOrEqualTo(minimum.toNanos());
  }
}
