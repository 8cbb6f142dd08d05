package sluice.internal.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import sluice.Descriptors;
import sluice.Listener;
import sluice.Pollable;
import sluice.Poller;
import sluice.StreamSocket;
import sluice.UdpSocket;
import sluice.spi.BackendProvider;
import sluice.spi.Chunk;
import sluice.spi.Completions;
import sluice.spi.Driver;
import sluice.spi.Host;
import sluice.spi.ListenerBase;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// What is left of a loop when something below or above it fails, on a driver that does as told.
class LoopFailureTest {
  /// Waits for a wake-up, then does what the test has asked for.
  private static final class ScriptedDriver implements Driver {
    final Semaphore wakeups = new Semaphore(0);
    final AtomicInteger woken = new AtomicInteger();
    final AtomicReference<ToIntFunction<Completions>> next = new AtomicReference<>();

    void then(ToIntFunction<Completions> action) {
      next.set(action);
      wakeup();
    }

    @Override
    public int run(long deadlineNanos, Completions sink) {
      try {
        boolean _ = wakeups.tryAcquire(20, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return Status.OTHER;
      }
      ToIntFunction<Completions> action = next.getAndSet(null);
      return action == null ? 0 : action.applyAsInt(sink);
    }

    @Override
    public void wakeup() {
      woken.incrementAndGet();
      wakeups.release();
    }

    @Override
    public IOException failure() {
      return new IOException("as scripted");
    }

    @Override
    public void accept(long handle, ListenerBase listener, int credit) {}

    @Override
    public void connect(long handle, StreamBase socket) {}

    @Override
    public void receive(long handle, StreamBase socket, int credit) {}

    @Override
    public int send(long handle, StreamBase socket, Chunk data) {
      return Status.AGAIN;
    }

    @Override
    public void poll(long handle, Pollable source, int interest) {}

    @Override
    public void cancel(long handle, int operations) {}

    @Override
    public void close() {}
  }

  private static final class ScriptedBackend implements BackendProvider {
    final ScriptedDriver driver = new ScriptedDriver();
    Throwable refusal;

    @Override
    public Driver openDriver() throws IOException {
      if (refusal instanceof Error error) {
        throw error;
      }
      if (refusal != null) {
        throw new IOException(refusal);
      }
      return driver;
    }

    @Override
    public int preference() {
      return 0;
    }

    @Override
    public String refusal() {
      return null;
    }

    @Override
    public void checkInterest(int interest) {}

    @Override
    public Host host() {
      return SystemHost.INSTANCE;
    }

    @Override
    public int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String name() {
      return "scripted";
    }

    @Override
    public Listener listen(SocketAddress address, int backlog) {
      throw new UnsupportedOperationException();
    }

    @Override
    public StreamSocket connect(SocketAddress remote) {
      throw new UnsupportedOperationException();
    }

    @Override
    public UdpSocket bindUdp(SocketAddress local) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Descriptors descriptors() {
      throw new UnsupportedOperationException();
    }

    @Override
    public <A> Poller<A> openPoller() {
      throw new UnsupportedOperationException();
    }
  }

  /// Throws at its completions and notes how it was brought to an end.
  private static final class Fragile implements Endpoint {
    final CompletableFuture<Throwable> ended = new CompletableFuture<>();
    final CompletableFuture<Throwable> abandoned = new CompletableFuture<>();
    long handle;

    @Override
    public void polled(int readiness) {
      throw new IllegalStateException("defect");
    }

    @Override
    public void end(Throwable cause) {
      ended.complete(cause);
    }

    @Override
    public void abandon(Throwable cause) {
      abandoned.complete(cause);
    }
  }

  private final ScriptedBackend backend = new ScriptedBackend();

  private static Fragile attach(Loop loop) {
    Fragile fragile = new Fragile();
    CompletableFuture.runAsync(() -> fragile.handle = loop.attach(fragile), loop).join();
    return fragile;
  }

  @Test
  void completionThatThrowsCostsItsEndpointAndNotTheLoop() throws Exception {
    Loop loop = Loop.start(backend, "fragile");
    Fragile fragile = attach(loop);
    backend.driver.then(sink -> {
      sink.polled(fragile.handle, 1);
      return 0;
    });
    assertThat(fragile.ended.get(20, TimeUnit.SECONDS)).hasMessage("defect");
    CompletableFuture.runAsync(() -> loop.detach(fragile.handle), loop).join();
    loop.close();
    assertThat(loop.terminated()).isCompleted();
  }

  @Test
  void loopWhoseDriverFailsAbandonsItsEndpointsAndRefusesTasks() throws Exception {
    Loop loop = Loop.start(backend, "doomed");
    Fragile fragile = attach(loop);
    backend.driver.then(_ -> Status.OTHER);
    assertThat(fragile.abandoned.get(20, TimeUnit.SECONDS)).hasMessage("as scripted");
    assertThatThrownBy(() -> loop.terminated().get(20, TimeUnit.SECONDS))
        .hasRootCauseMessage("as scripted");
    assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    loop.close(); // returns, though it died
  }

  @Test
  void driverThatCannotBeOpenedIsTheStartersException() {
    backend.refusal = new IOException("no ring for you");
    assertThatThrownBy(() -> Loop.start(backend, "never"))
        .isInstanceOf(IOException.class)
        .hasRootCauseMessage("no ring for you");
    backend.refusal = new OutOfMemoryError("direct memory");
    assertThatThrownBy(() -> Loop.start(backend, "never"))
        .isInstanceOf(IOException.class)
        .hasRootCauseMessage("direct memory");
  }

  @Test
  void staleCompletionReachesNobodyAndIsCounted() throws Exception {
    Loop loop = Loop.start(backend, "stale");
    Fragile first = attach(loop);
    CompletableFuture.runAsync(() -> loop.detach(first.handle), loop).join();
    Fragile second = attach(loop); // the same slot
    CompletableFuture<Void> told = new CompletableFuture<>();
    backend.driver.then(sink -> {
      sink.polled(first.handle, 1);
      told.complete(null);
      return 0;
    });
    told.get(20, TimeUnit.SECONDS);
    assertThat(first.handle).isNotEqualTo(second.handle);
    assertThat(second.ended).isNotDone();
    CompletableFuture.runAsync(
            () -> {
              assertThat(loop.staleCompletions()).isEqualTo(1);
              loop.detach(second.handle);
            },
            loop)
        .join();
    loop.close();
    assertThat(loop.terminated().isCompletedExceptionally()).isFalse();
  }

  @Test
  void closeWakesALoopThatSleeps() throws Exception {
    Loop loop = Loop.start(backend, "asleep");
    int before = backend.driver.woken.get();
    loop.closeLater();
    assertThat(backend.driver.woken).hasValue(before + 1);
    loop.terminated().get(20, TimeUnit.SECONDS);
  }

  @Test
  void timeOfATurnIsNotThatOfAnEarlierOne() throws Exception {
    Loop loop = Loop.start(backend, "clock");
    CompletableFuture.runAsync(loop::turnTime, loop).join();
    long before = SystemHost.INSTANCE.nanoTime();
    long time = CompletableFuture.supplyAsync(loop::turnTime, loop).get(20, TimeUnit.SECONDS);
    assertThat(time - before).isNotNegative();
    loop.close();
  }

  @Test
  void loopThatIsClosingTakesTasksOfItsOwn() throws Exception {
    Loop loop = Loop.start(backend, "closing");
    CompletableFuture<Void> last = new CompletableFuture<>();
    loop.execute(() -> {
      loop.closeLater();
      loop.execute(() -> last.complete(null));
    });
    last.get(20, TimeUnit.SECONDS);
    loop.terminated().get(20, TimeUnit.SECONDS);
  }

  @Test
  void interruptThatATaskLeavesIsNotSeenByTheNextOfItsTurn() throws Exception {
    Loop loop = Loop.start(backend, "interrupted");
    CompletableFuture<Boolean> seen = new CompletableFuture<>();
    loop.execute(() -> {
      loop.execute(() -> Thread.currentThread().interrupt());
      loop.execute(() -> seen.complete(Thread.currentThread().isInterrupted()));
    });
    assertThat(seen.get(20, TimeUnit.SECONDS)).isFalse();
    loop.close();
  }
}
