package sluice.linux.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import sluice.Backend;
import sluice.Listener;
import sluice.Select;
import sluice.StreamSocket;
import sluice.internal.loop.SystemHost;
import sluice.spi.Chunk;
import sluice.spi.Completions;
import sluice.spi.StreamBase;

/// A driver on a ring of any size, run by the test's own thread, and all that it reported.
final class RingRig implements Completions, AutoCloseable {
  record Final(long handle, int operation, int status) {}

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int BACKLOG = 1024;

  final Backend backend = Backend.of("io_uring");
  final UringDriver driver;
  final List<StreamBase> accepted = new ArrayList<>();
  final List<Integer> sent = new ArrayList<>();
  final List<Long> polled = new ArrayList<>();
  final List<Final> finals = new ArrayList<>();
  final Map<Long, ByteArrayOutputStream> received = new HashMap<>();
  final List<Chunk> retained = new ArrayList<>();
  private final List<StreamSocket> sockets = new ArrayList<>();
  final Listener listener;
  int copies;
  boolean retains;

  RingRig(RingFeatures features, RingSize size) throws IOException {
    driver = new UringDriver(SystemHost.INSTANCE, ring(features, size));
    listener = listen();
  }

  /// Skips the tests with one line if the system refuses rings; fails under `SLUICE_REQUIRE_ALL=1`.
  static void requireRings() {
    try {
      assertThat(Backend.of("io_uring").name()).isEqualTo("io_uring");
    } catch (UnsupportedOperationException e) {
      if ("1".equals(System.getenv("SLUICE_REQUIRE_ALL"))) {
        throw e;
      }
      System.out.println("skipped: " + e.getMessage());
      abort(e.getMessage());
    }
  }

  static KernelRing ring(RingFeatures features, RingSize size) throws IOException {
    return new KernelRing(SystemHost.INSTANCE, features, size);
  }

  Listener listen() throws IOException {
    return backend.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
  }

  StreamBase connect(Listener to) throws IOException {
    StreamSocket socket = backend.connect(to.localAddress());
    sockets.add(socket);
    Select.select(List.of(), List.of(socket), List.of(), LIMIT);
    assertThat(socket.finishConnect()).isTrue();
    return (StreamBase) socket;
  }

  /// Two ends, the second accepted.
  StreamBase[] pair() throws IOException {
    StreamBase client = connect(listener);
    Select.select(List.of(listener), List.of(), List.of(), LIMIT);
    StreamSocket server = Objects.requireNonNull(listener.accept());
    sockets.add(server);
    return new StreamBase[] {client, (StreamBase) server};
  }

  void turn(Duration timeout) {
    int result = driver.run(SystemHost.INSTANCE.nanoTime() + timeout.toNanos(), this);
    assertThat(result).as(() -> String.valueOf(driver.failure())).isZero();
  }

  void until(BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      turn(Duration.ofMillis(100));
    }
  }

  byte[] received(long handle) {
    ByteArrayOutputStream bytes = received.get(handle);
    return bytes == null ? new byte[0] : bytes.toByteArray();
  }

  long receivedInAll() {
    return received.values().stream().mapToLong(ByteArrayOutputStream::size).sum();
  }

  @Override
  public void accepted(long handle, StreamBase connection) {
    accepted.add(connection);
  }

  @Override
  public void received(long handle, Chunk lent) {
    ByteBuffer buffer = lent.buffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(buffer.position(), bytes);
    received.computeIfAbsent(handle, _ -> new ByteArrayOutputStream()).writeBytes(bytes);
    if (lent.isShared()) {
      copies++;
    } else if (retains) {
      lent.retain();
      retained.add(lent);
    }
  }

  @Override
  public void sent(long handle, int result) {
    sent.add(result);
  }

  @Override
  public void polled(long handle, int readiness) {
    polled.add(handle);
  }

  @Override
  public void finished(long handle, int operation, int status) {
    finals.add(new Final(handle, operation, status));
  }

  @Override
  public void close() {
    driver.close();
    accepted.forEach(StreamBase::close);
    sockets.forEach(StreamSocket::close);
    listener.close();
  }
}
