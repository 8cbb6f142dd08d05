package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import sluice.Backend;
import sluice.spi.BackendProvider;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;
import sluice.spi.Completions;
import sluice.spi.Driver;
import sluice.spi.Durations;
import sluice.spi.Host;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// A driver run by the test's own thread, and all that it reported.
final class DriverRig implements Completions, AutoCloseable {
  /// An operation that has ended.
  record Final(long handle, int operation, int status) {}

  /// A send or a poll that has ended, with its result.
  record Result(long handle, int value) {}

  final Driver driver;
  final ChunkPool chunks = new ChunkPool();
  final List<StreamBase> accepted = new ArrayList<>();
  final List<Result> sent = new ArrayList<>();
  final List<Result> polled = new ArrayList<>();
  final List<Final> finals = new ArrayList<>();
  final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final Host host;
  private Runnable onFinished = () -> {};

  DriverRig(Backend backend) throws IOException {
    BackendProvider provider = (BackendProvider) backend;
    host = provider.host();
    driver = provider.openDriver();
  }

  /// Runs `code` inside every `finished`.
  void onFinished(Runnable code) {
    onFinished = code;
  }

  /// One turn.
  int turn(Duration timeout) {
    return driver.run(host.nanoTime() + timeout.toNanos(), this);
  }

  /// One turn without a deadline.
  int turn() {
    return driver.run(Durations.FOREVER, this);
  }

  /// Turns until `condition` holds.
  void until(String what, Callable<Boolean> condition) throws Exception {
    Wait.until(
        what,
        () -> {
          if (!condition.call()) {
            assertThat(turn(Duration.ofMillis(100))).isNotNegative();
          }
          return condition.call();
        });
  }

  /// Turns until `count` operations in all have ended.
  void untilFinals(int count) throws Exception {
    until(count + " operations have ended", () -> finals.size() >= count);
  }

  /// Checks that nothing happens, and that the driver waits for it in a single turn.
  void assertQuiet() throws Exception {
    int before = events();
    Duration timeout = Duration.ofMillis(50);
    turn(Duration.ZERO); // tells the system what is no longer wanted
    BackendContract.assertNotEarly(timeout, () -> assertThat(turn(timeout)).isZero());
    assertThat(events()).isEqualTo(before);
  }

  private int events() {
    return accepted.size() + sent.size() + polled.size() + finals.size() + received.size();
  }

  /// Begins to send, and returns what the driver said.
  int send(long handle, StreamBase socket, Chunk chunk, ByteBuffer data) {
    chunk.buffer().clear();
    int count = Math.min(data.remaining(), chunk.buffer().remaining());
    chunk.buffer().put(data.slice(data.position(), count)).flip();
    return driver.send(handle, socket, chunk);
  }

  /// Sends all of `data`, however many turns it takes.
  void sendAll(long handle, StreamBase socket, ByteBuffer data) throws Exception {
    Chunk chunk = chunks.take();
    while (data.hasRemaining()) {
      int before = sent.size();
      int result = send(handle, socket, chunk, data);
      if (result == Status.AGAIN || result == Status.IN_FLIGHT) {
        until("sent", () -> sent.size() > before);
        result = sent.get(before).value();
      }
      assertThat(result).as(Status.describe(result)).isNotNegative();
      data.position(data.position() + result);
    }
    chunk.release();
  }

  @Override
  public void accepted(long handle, StreamBase connection) {
    accepted.add(connection);
  }

  @Override
  public void received(long handle, Chunk lent) {
    byte[] bytes = new byte[lent.buffer().remaining()];
    lent.buffer().get(bytes);
    received.writeBytes(bytes);
  }

  @Override
  public void sent(long handle, int result) {
    sent.add(new Result(handle, result));
  }

  @Override
  public void polled(long handle, int readiness) {
    polled.add(new Result(handle, readiness));
  }

  @Override
  public void finished(long handle, int operation, int status) {
    finals.add(new Final(handle, operation, status));
    onFinished.run();
  }

  @Override
  public void close() {
    accepted.forEach(StreamBase::close);
    driver.close();
  }
}
