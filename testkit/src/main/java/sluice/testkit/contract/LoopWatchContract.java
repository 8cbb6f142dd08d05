package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.Interest.EXCEPTIONAL;
import static sluice.Interest.READ;
import static sluice.Interest.WRITE;
import static sluice.testkit.contract.LoopContract.await;
import static sluice.testkit.contract.LoopContract.get;
import static sluice.testkit.contract.LoopContract.on;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import sluice.ClosedPollableException;
import sluice.EventLoop;
import sluice.EventLoop.Registration;
import sluice.Readiness;
import sluice.StreamSocket;
import sluice.Watcher;

/// Sources watched by an event loop.
public abstract class LoopWatchContract extends BackendContract {
  @Test
  void watcherIsToldAgainAndAgainWhileReady() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    RecordingWatcher recorder = new RecordingWatcher();
    loop.watch(pair.server(), READ, recorder);
    assertThat(pair.client().write(bytes("x"))).isOne();
    for (int i = 0; i < 3; i++) {
      assertThat(recorder.next().readable()).isTrue();
    }
    on(loop, () -> receive(pair.server(), 1));
    on(loop, () -> true);
    recorder.ready.clear();
    assertThat(pair.client().write(bytes("y"))).isOne();
    assertThat(recorder.next().readable()).isTrue();
  }

  @Test
  void everyCallIsOnTheLoop() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    CompletableFuture<Boolean> ready = new CompletableFuture<>();
    CompletableFuture<Boolean> end = new CompletableFuture<>();
    loop.watch(
        pair.client(),
        WRITE,
        new Watcher() {
          @Override
          public void onReady(Readiness readiness) {
            ready.complete(loop.inLoop());
          }

          @Override
          public void onEnd(IOException cause) {
            end.complete(loop.inLoop());
          }
        });
    assertThat(get(ready)).isTrue();
    pair.client().close();
    assertThat(get(end)).isTrue();
  }

  @Test
  void cancelOnTheLoopStopsEveryCallback() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    RecordingWatcher recorder = new RecordingWatcher();
    Registration watch = loop.watch(pair.client(), WRITE, recorder);
    recorder.next();
    on(
        loop,
        () -> {
          watch.cancel();
          watch.cancel();
          recorder.ready.clear();
          return true;
        });
    for (int i = 0; i < 10; i++) {
      on(loop, () -> true);
    }
    pair.client().close();
    on(loop, () -> true);
    assertThat(recorder.ready).isEmpty();
    assertThat(recorder.ends).isEmpty();
  }

  @Test
  void watcherMayCancelItselfAndWatchAgain() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    CountDownLatch rounds = new CountDownLatch(50);
    AtomicReference<Registration> current = new AtomicReference<>();
    Watcher again =
        new Watcher() {
          @Override
          public void onReady(Readiness readiness) {
            current.get().cancel();
            rounds.countDown();
            if (rounds.getCount() == 0) {
              return;
            }
            try {
              current.set(loop.watch(pair.client(), WRITE, this));
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
        };
    on(
        loop,
        () -> {
          current.set(loop.watch(pair.client(), WRITE, again));
          return true;
        });
    await(rounds);
  }

  @Test
  void watchCancelledEarlierInTheBatchIsNotTold() throws Exception {
    EventLoop loop = loop();
    List<Pair> pairs = pairs(20);
    List<Registration> watches = new ArrayList<>();
    AtomicInteger told = new AtomicInteger();
    on(
        loop,
        () -> {
          for (Pair pair : pairs) {
            watches.add(
                loop.watch(
                    pair.client(),
                    WRITE,
                    readiness -> {
                      told.incrementAndGet();
                      watches.forEach(Registration::cancel);
                    }));
          }
          return true;
        });
    Wait.until("one was told", () -> told.get() > 0);
    for (int i = 0; i < 5; i++) {
      on(loop, () -> true);
    }
    assertThat(told).hasValue(1);
  }

  @Test
  void secondWatchOfASourceIsRefusedAndHurtsNothing() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    RecordingWatcher first = new RecordingWatcher();
    RecordingWatcher second = new RecordingWatcher();
    loop.watch(pair.client(), WRITE, first);
    loop.watch(pair.client(), READ, second);
    assertThat(second.end()).hasMessageContaining("watched");
    first.ready.clear();
    assertThat(first.next().writable()).isTrue();
    assertThat(first.ends).isEmpty();
    assertThat(on(loop, () -> "alive")).isEqualTo("alive");
  }

  @Test
  void closingTheSourceEndsTheWatchOnce() throws Exception {
    EventLoop loop = loop();
    for (int i = 0; i < 50; i++) {
      Pair pair = pair();
      RecordingWatcher recorder = new RecordingWatcher();
      loop.watch(pair.client(), READ, recorder);
      if (i % 2 == 0) {
        on(loop, () -> true);
      }
      pair.client().close();
      assertThat(recorder.end())
          .isInstanceOf(ClosedPollableException.class)
          .hasMessageContaining(pair.client().toString());
      on(loop, () -> true);
      assertThat(recorder.ends).isEmpty();
    }
  }

  @Test
  void closingTheSourceInItsOwnCallbackEndsTheWatchOnce() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    loop.watch(
        pair.client(),
        WRITE,
        new Watcher() {
          @Override
          public void onReady(Readiness readiness) {
            told.add("ready");
            pair.client().close();
          }

          @Override
          public void onEnd(IOException cause) {
            told.add("end");
          }
        });
    assertThat(told.poll(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("ready");
    assertThat(told.poll(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("end");
    on(loop, () -> true);
    assertThat(told).isEmpty();
  }

  @Test
  void sourceClosedBeforeItsFirstTurnHoldsUpNoClose() throws Exception {
    EventLoop loop = backend().openLoop("closing");
    Pair pair = pair();
    RecordingWatcher recorder = new RecordingWatcher();
    // In a timer: the loop turns to its sockets before it takes another task.
    loop.schedule(
        Duration.ZERO,
        () -> {
          try {
            loop.watch(pair.client(), READ, recorder);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          pair.client().close();
        });
    assertThat(recorder.end()).isInstanceOf(ClosedPollableException.class);
    Background<Boolean> closing =
        Background.start(() -> {
          loop.close();
          return true;
        });
    assertThat(closing.join()).isTrue();
    assertThat(recorder.ends).isEmpty();
  }

  @Test
  void sourcesClosedByOtherThreadsHoldUpNoClose() throws Exception {
    EventLoop loop = backend().openLoop("closing");
    List<RecordingWatcher> recorders = new ArrayList<>();
    for (Pair pair : pairs(200)) {
      RecordingWatcher recorder = new RecordingWatcher();
      recorders.add(recorder);
      loop.watch(pair.client(), WRITE, recorder);
      pair.client().close();
    }
    Background<Boolean> closing =
        Background.start(() -> {
          loop.close();
          return true;
        });
    assertThat(closing.join()).isTrue();
    for (RecordingWatcher recorder : recorders) {
      assertThat(recorder.ends).hasSize(1);
    }
  }

  @Test
  void closingTheLoopEndsEveryWatchAndClosesNoSource() throws Exception {
    EventLoop loop = backend().openLoop("closing");
    List<Pair> pairs = pairs(20);
    List<RecordingWatcher> recorders = new ArrayList<>();
    for (Pair pair : pairs) {
      RecordingWatcher recorder = new RecordingWatcher();
      recorders.add(recorder);
      loop.watch(pair.client(), READ, recorder);
    }
    loop.close();
    for (RecordingWatcher recorder : recorders) {
      assertThat(recorder.ends).hasSize(1);
    }
    for (Pair pair : pairs) {
      send(pair.server(), pair.client(), "x");
    }
  }

  @Test
  void watcherThatThrowsAtTheEndKeepsItFromNoOther() throws Exception {
    try (LogCapture log = new LogCapture()) {
      EventLoop loop = backend().openLoop("closing");
      Pair first = pair();
      Pair second = pair();
      RuntimeException exception = new IllegalStateException("from a watcher");
      AtomicInteger ended = new AtomicInteger();
      for (StreamSocket source : List.of(first.client(), second.client())) {
        loop.watch(
            source,
            READ,
            new Watcher() {
              @Override
              public void onReady(Readiness readiness) {}

              @Override
              public void onEnd(IOException cause) {
                ended.incrementAndGet();
                throw exception;
              }
            });
      }
      loop.close();
      assertThat(ended).hasValue(2);
      assertThat(log.thrown()).containsExactly(exception, exception);
    }
  }

  @Test
  void throwingWatcherIsLoggedAndToldAgain() throws Exception {
    try (LogCapture log = new LogCapture()) {
      EventLoop loop = loop();
      CountDownLatch calls = new CountDownLatch(3);
      Registration watch =
          loop.watch(
              pair().client(),
              WRITE,
              readiness -> {
                calls.countDown();
                throw new IllegalStateException("from a watcher");
              });
      await(calls);
      watch.cancel();
      assertThat(on(loop, () -> "alive")).isEqualTo("alive");
      assertThat(log.thrown()).hasSizeGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void watchRefusesWhatItCannotWatch() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    StreamSocket closed = pair().client();
    closed.close();
    assertThatThrownBy(() -> loop.watch(closed, READ, readiness -> {}))
        .isInstanceOf(ClosedPollableException.class);
    assertThatThrownBy(() -> loop.watch(Foreign.socket(), READ, readiness -> {}))
        .isInstanceOf(IllegalArgumentException.class);
    if (!supportsExceptional()) {
      assertThatThrownBy(() -> loop.watch(pair.server(), EXCEPTIONAL, readiness -> {}))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining(backend().name());
      return;
    }
    RecordingWatcher recorder = new RecordingWatcher();
    loop.watch(pair.server(), EXCEPTIONAL, recorder);
    assertThat(pair.client().sendUrgent((byte) '!')).isTrue();
    assertThat(recorder.next().exceptional()).isTrue();
  }

  @Test
  void closingBothLoopAndSourcesAtOnceTellsEachWatcherOnce() throws Exception {
    for (int i = 0; i < 100; i++) {
      EventLoop loop = backend().openLoop("closing");
      Pair pair = pair();
      RecordingWatcher recorder = new RecordingWatcher();
      loop.watch(pair.client(), READ, recorder);
      Background<Boolean> closing =
          Background.start(() -> {
            pair.client().close();
            return true;
          });
      loop.close();
      closing.join();
      assertThat(recorder.ends).hasSize(1);
    }
  }
}
