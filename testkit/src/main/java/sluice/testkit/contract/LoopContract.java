package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.Interest.READ;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sluice.EventLoop;

/// Tasks of an event loop, and its end.
public abstract class LoopContract extends BackendContract {
  /// Runs `call` on the loop and returns what it returned or throws what it threw.
  static <T> T on(EventLoop loop, java.util.concurrent.Callable<T> call) throws Exception {
    CompletableFuture<T> result = new CompletableFuture<>();
    loop.execute(() -> {
      try {
        result.complete(call.call());
      } catch (Throwable t) {
        result.completeExceptionally(t);
      }
    });
    return get(result);
  }

  static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void runsTasksOnItsOwnNamedThread() throws Exception {
    EventLoop loop = loop();
    assertThat(loop.inLoop()).isFalse();
    assertThat(on(loop, loop::inLoop)).isTrue();
    assertThat(on(loop, () -> Thread.currentThread().getName())).isEqualTo("contract");
    EventLoop other = loop();
    assertThat(on(other, loop::inLoop)).isFalse();
  }

  @Test
  void keepsTheOrderOfEachThreadAndLosesNoTask() throws Exception {
    EventLoop loop = loop();
    int threads = 8;
    int each = 5_000;
    List<List<Integer>> ran = new ArrayList<>();
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < each; i++) {
      expected.add(i);
    }
    List<Background<Integer>> producers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      List<Integer> mine = new ArrayList<>();
      ran.add(mine);
      producers.add(
          Background.start(() -> {
            for (int i = 0; i < each; i++) {
              int number = i;
              loop.execute(() -> mine.add(number));
            }
            return each;
          }));
    }
    for (Background<Integer> producer : producers) {
      assertThat(producer.join()).isEqualTo(each);
    }
    on(loop, () -> true);
    for (List<Integer> mine : ran) {
      assertThat(mine).isEqualTo(expected);
    }
  }

  @Test
  void taskGivenToAWaitingLoopRunsPromptly() throws Exception {
    EventLoop loop = loop();
    // Each round meets the loop as it goes to sleep: a lost wake-up would leave it there.
    for (int i = 0; i < 5_000; i++) {
      assertThat(on(loop, () -> true)).isTrue();
    }
  }

  @Test
  void taskGivenOnTheLoopRunsLater() throws Exception {
    EventLoop loop = loop();
    List<String> order = new ArrayList<>();
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    loop.execute(() -> {
      loop.execute(() -> {
        order.add("second");
        done.complete(true);
      });
      order.add("first");
    });
    get(done);
    assertThat(order).containsExactly("first", "second");
  }

  @Test
  void endlessTasksStarveNeitherSocketsNorTimers() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    AtomicBoolean stop = new AtomicBoolean();
    Runnable endless =
        new Runnable() {
          @Override
          public void run() {
            if (!stop.get()) {
              loop.execute(this);
            }
          }
        };
    for (int i = 0; i < 10; i++) {
      loop.execute(endless);
    }
    CompletableFuture<Boolean> timer = new CompletableFuture<>();
    CountDownLatch events = new CountDownLatch(100);
    loop.schedule(Duration.ofMillis(1), () -> timer.complete(true));
    loop.watch(pair.server(), READ, readiness -> events.countDown());
    assertThat(pair.client().write(bytes("x"))).isOne();

    assertThat(get(timer)).isTrue();
    await(events);
    stop.set(true);
  }

  @Test
  void throwingTaskIsLoggedAndHurtsNothingElse() throws Exception {
    Error error = new AssertionError("from a task");
    try (LogCapture log = new LogCapture()) {
      EventLoop loop = loop();
      loop.execute(() -> {
        throw error;
      });
      assertThat(on(loop, () -> "alive")).isEqualTo("alive");
      assertThat(log.thrown()).containsExactly(error);
    }
  }

  @Test
  void interruptLeftByATaskIsNotSeenByTheNext() throws Exception {
    EventLoop loop = loop();
    loop.execute(() -> Thread.currentThread().interrupt());
    assertThat(on(loop, () -> Thread.currentThread().isInterrupted())).isFalse();
  }

  /// Keeps the loop in a task until the latch that it returns is counted down.
  private static CountDownLatch hold(EventLoop loop) throws InterruptedException {
    CountDownLatch leave = new CountDownLatch(1);
    CountDownLatch inside = new CountDownLatch(1);
    loop.execute(() -> {
      inside.countDown();
      try {
        await(leave);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    });
    await(inside);
    return leave;
  }

  @Test
  void tooManyWaitingTasksAreRejectedAndThoseGivenRun() throws Exception {
    EventLoop loop = loop();
    CountDownLatch leave = hold(loop);
    AtomicInteger ran = new AtomicInteger();
    int[] given = {0};
    assertThatThrownBy(
            () -> {
              for (; given[0] < 1 << 22; given[0]++) {
                loop.execute(ran::incrementAndGet);
              }
            })
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessageContaining("contract");
    leave.countDown();
    Wait.until("all that were taken have run", () -> ran.get() == given[0]);
    assertThat(on(loop, () -> "alive")).isEqualTo("alive");
  }

  @Test
  void watchBehindManyTasksIsEndedByClose() throws Exception {
    EventLoop loop = backend().openLoop("closing");
    Pair pair = pair();
    RecordingWatcher watcher = new RecordingWatcher();
    CountDownLatch leave = hold(loop);
    for (int i = 0; i < 10_000; i++) { // more than one turn runs
      loop.execute(() -> {});
    }
    loop.watch(pair.client(), READ, watcher);
    Background<Boolean> closing =
        Background.start(() -> {
          loop.close();
          return true;
        });
    Wait.until("the loop is closing", () -> !takesTasks(loop));
    leave.countDown();
    assertThat(closing.join()).isTrue();
    assertThat(watcher.ends).hasSize(1);
  }

  private static boolean takesTasks(EventLoop loop) {
    try {
      loop.execute(() -> {});
      return true;
    } catch (RejectedExecutionException _) {
      return false;
    }
  }

  @Test
  void closeRunsTheTasksAlreadyGiven() throws Exception {
    for (int round = 0; round < 50; round++) {
      EventLoop loop = backend().openLoop("closing");
      AtomicInteger ran = new AtomicInteger();
      for (int i = 0; i < 100; i++) {
        loop.execute(ran::incrementAndGet);
      }
      loop.close();
      loop.close();
      assertThat(ran).hasValue(100);
    }
  }

  @Test
  void everyTaskTakenDuringCloseRunsAndLaterOnesAreRejected() throws Exception {
    for (int round = 0; round < 100; round++) {
      EventLoop loop = backend().openLoop("closing");
      AtomicInteger ran = new AtomicInteger();
      AtomicInteger taken = new AtomicInteger();
      Background<Integer> producer =
          Background.start(() -> {
            while (true) {
              loop.execute(ran::incrementAndGet);
              taken.incrementAndGet();
            }
          });
      loop.close();
      assertThat(producer.failure()).isInstanceOf(RejectedExecutionException.class);
      assertThat(ran.get()).isEqualTo(taken.get());
    }
  }

  @Test
  void closedLoopRejects() throws Exception {
    EventLoop loop = backend().openLoop("closed");
    Pair pair = pair();
    loop.close();
    assertThatThrownBy(() -> loop.execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> loop.schedule(Duration.ZERO, () -> {}))
        .isInstanceOf(RejectedExecutionException.class);
    assertThatThrownBy(() -> loop.watch(pair.client(), READ, readiness -> {}))
        .isInstanceOf(RejectedExecutionException.class);
    assertThat(loop.inLoop()).isFalse();
  }

  @Test
  void closeOnTheLoopItselfIsRefused() throws Exception {
    EventLoop loop = loop();
    assertThat(
            on(
                loop,
                () -> {
                  assertThatThrownBy(loop::close).isInstanceOf(IllegalStateException.class);
                  return "refused";
                }))
        .isEqualTo("refused");
    assertThat(on(loop, () -> "alive")).isEqualTo("alive");
  }

  @Test
  void closeFromManyThreadsReturnsInEach() throws Exception {
    EventLoop loop = backend().openLoop("closing");
    List<Background<Boolean>> closers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      closers.add(
          Background.start(() -> {
            loop.close();
            return true;
          }));
    }
    for (Background<Boolean> closer : closers) {
      assertThat(closer.join()).isTrue();
    }
  }

  @Test
  void closeLeavesNoThreadAndNoDescriptor() throws Exception {
    Pair pair = pair();
    DescriptorCount.assertNoneLeak(() -> {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        EventLoop loop = backend().openLoop("short");
        threads.add(on(loop, Thread::currentThread));
        loop.watch(pair.client(), READ, readiness -> {});
        loop.schedule(Duration.ofDays(1), () -> {});
        loop.close();
      }
      for (Thread thread : threads) {
        thread.join(LONG);
        assertThat(thread.isAlive()).isFalse();
      }
    });
    assertThat(pair.client().isOpen()).isTrue();
  }
}
