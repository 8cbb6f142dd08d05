package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.Interest.READ;
import static sluice.testkit.contract.LoopContract.await;
import static sluice.testkit.contract.LoopContract.get;
import static sluice.testkit.contract.LoopContract.on;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import sluice.EventLoop;
import sluice.EventLoop.Registration;

/// Timers of an event loop.
public abstract class LoopTimersContract extends BackendContract {
  private static final Duration FAR = Duration.ofDays(365);

  @Test
  void timersAreNeverEarly() throws Exception {
    EventLoop loop = loop();
    for (long nanos : new long[] {1, 999_999, 1_000_001, 10_000_000, 25_000_001}) {
      Duration delay = Duration.ofNanos(nanos);
      CompletableFuture<Boolean> ran = new CompletableFuture<>();
      assertNotEarly(
          delay,
          () -> {
            loop.schedule(delay, () -> ran.complete(loop.inLoop()));
            assertThat(get(ran)).isTrue();
          });
    }
  }

  @Test
  void timersRunByDeadline() throws Exception {
    EventLoop loop = loop();
    List<Long> ran = new ArrayList<>();
    CountDownLatch all = new CountDownLatch(200);
    Random random = new Random(5);
    on(
        loop,
        () -> {
          for (int i = 0; i < 200; i++) {
            // Far enough apart that the time between two calls of schedule does not matter.
            long millis = 20L * random.nextInt(8);
            loop.schedule(
                Duration.ofMillis(millis),
                () -> {
                  ran.add(millis);
                  all.countDown();
                });
          }
          return true;
        });
    await(all);
    assertThat(ran).isSorted();
  }

  @Test
  void equalDelaysRunInTheOrderSet() throws Exception {
    EventLoop loop = loop();
    List<Integer> ran = new ArrayList<>();
    List<Integer> expected = new ArrayList<>();
    CountDownLatch all = new CountDownLatch(3_000);
    for (int i = 0; i < 3_000; i++) {
      int number = i;
      expected.add(i);
      loop.schedule(
          Duration.ofMillis(5),
          () -> {
            ran.add(number);
            all.countDown();
          });
    }
    await(all);
    assertThat(ran).isEqualTo(expected);
  }

  @Test
  void zeroAndNegativeDelaysRunInALaterTurn() throws Exception {
    EventLoop loop = loop();
    for (Duration delay :
        List.of(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
      List<String> order = new ArrayList<>();
      CompletableFuture<Boolean> ran = new CompletableFuture<>();
      loop.execute(() -> {
        loop.schedule(
            delay,
            () -> {
              order.add("timer");
              ran.complete(true);
            });
        order.add("task");
      });
      get(ran);
      assertThat(order).containsExactly("task", "timer");
    }
  }

  @Test
  void timersThatSetThemselvesAgainStarveNoSocketAndNoTask() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    AtomicInteger turns = new AtomicInteger();
    Runnable endless =
        new Runnable() {
          @Override
          public void run() {
            if (turns.incrementAndGet() >= 0) {
              loop.schedule(Duration.ZERO, this);
            }
          }
        };
    loop.schedule(Duration.ZERO, endless);
    CountDownLatch events = new CountDownLatch(100);
    loop.watch(pair.server(), READ, readiness -> events.countDown());
    assertThat(pair.client().write(bytes("x"))).isOne();

    await(events);
    assertThat(on(loop, () -> "task")).isEqualTo("task");
    turns.set(Integer.MIN_VALUE);
  }

  @Test
  void hugeDelaysNeverRunAndHoldUpNoOther() throws Exception {
    EventLoop loop = loop();
    AtomicInteger tooEarly = new AtomicInteger();
    List<Registration> huge = new ArrayList<>();
    for (Duration delay :
        List.of(
            Duration.ofMillis(1L << 31),
            Duration.ofMillis(1L << 48),
            Duration.ofNanos(Long.MAX_VALUE),
            Duration.ofNanos(Long.MAX_VALUE - 1),
            Duration.ofNanos(Long.MAX_VALUE / 2 + 1),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))) {
      huge.add(loop.schedule(delay, tooEarly::incrementAndGet));
      for (int i = 0; i < 3; i++) {
        CompletableFuture<Boolean> ran = new CompletableFuture<>();
        loop.schedule(Duration.ofMillis(1), () -> ran.complete(true));
        assertThat(get(ran)).isTrue();
      }
    }
    assertThat(tooEarly).hasValue(0);
    huge.forEach(Registration::cancel);
  }

  @Test
  void cancelledTimerDoesNotRun() throws Exception {
    EventLoop loop = loop();
    AtomicInteger ran = new AtomicInteger();
    Registration fromOutside = loop.schedule(Duration.ofMillis(5), ran::incrementAndGet);
    fromOutside.cancel();
    fromOutside.cancel();
    on(
        loop,
        () -> {
          loop.schedule(Duration.ofMillis(5), ran::incrementAndGet).cancel();
          return true;
        });
    CompletableFuture<Boolean> later = new CompletableFuture<>();
    loop.schedule(Duration.ofMillis(10), () -> later.complete(true));
    get(later);
    assertThat(ran).hasValue(0);
  }

  @Test
  void timerMayCancelItselfAndOthersThatAreDue() throws Exception {
    EventLoop loop = loop();
    List<String> ran = new ArrayList<>();
    CompletableFuture<Boolean> later = new CompletableFuture<>();
    on(
        loop,
        () -> {
          AtomicReference<Registration> self = new AtomicReference<>();
          AtomicReference<Registration> victim = new AtomicReference<>();
          self.set(
              loop.schedule(
                  Duration.ofMillis(1),
                  () -> {
                    ran.add("first");
                    self.get().cancel();
                    victim.get().cancel();
                  }));
          victim.set(loop.schedule(Duration.ofMillis(1), () -> ran.add("victim")));
          loop.schedule(Duration.ofMillis(2), () -> later.complete(true));
          // Both are due when the loop looks next.
          long start = System.nanoTime();
          while (System.nanoTime() - start < 3_000_000) {
            Thread.onSpinWait();
          }
          return true;
        });
    get(later);
    assertThat(ran).containsExactly("first");
  }

  @Test
  void cancelRacingWithTheDeadlineEndsInOneOfBoth() throws Exception {
    EventLoop loop = loop();
    for (int i = 0; i < 500; i++) {
      AtomicInteger ran = new AtomicInteger();
      Registration timer = loop.schedule(Duration.ofNanos(50_000), ran::incrementAndGet);
      Thread.onSpinWait();
      timer.cancel();
      on(loop, () -> true);
      assertThat(ran.get()).isBetween(0, 1);
    }
  }

  @Test
  void cancelledFarTimersAreForgotten() throws Exception {
    EventLoop loop = loop();
    CompletableFuture<Boolean> near = new CompletableFuture<>();
    List<WeakReference<int[]>> held = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      int[] ballast = {i};
      held.add(new WeakReference<>(ballast));
      loop.schedule(FAR, () -> near.complete(ballast[0] < 0)).cancel();
    }
    Wait.until(
        "most of them are forgotten, a year before their deadline",
        () -> {
          System.gc();
          return held.stream().filter(one -> one.get() != null).count() < 200;
        });
    loop.schedule(Duration.ofMillis(1), () -> near.complete(true));
    assertThat(get(near)).isTrue();
  }

  @Test
  void throwingTimerIsLoggedAndHurtsNothingElse() throws Exception {
    RuntimeException exception = new IllegalStateException("from a timer");
    try (LogCapture log = new LogCapture()) {
      EventLoop loop = loop();
      loop.schedule(
          Duration.ZERO,
          () -> {
            throw exception;
          });
      CompletableFuture<Boolean> next = new CompletableFuture<>();
      loop.schedule(Duration.ofMillis(1), () -> next.complete(true));
      assertThat(get(next)).isTrue();
      assertThat(log.thrown()).containsExactly(exception);
    }
  }

  @Test
  void timersAndSocketsOfOneTurnAreBothServed() throws Exception {
    EventLoop loop = loop();
    Pair pair = pair();
    CompletableFuture<Boolean> timer = new CompletableFuture<>();
    CountDownLatch event = new CountDownLatch(1);
    loop.watch(pair.server(), READ, readiness -> event.countDown());
    on(
        loop,
        () -> {
          loop.schedule(Duration.ZERO, () -> timer.complete(true));
          assertThat(pair.client().write(bytes("x"))).isOne();
          awaitReadable(pair.server());
          return true;
        });
    assertThat(get(timer)).isTrue();
    await(event);
  }

  @Test
  void farTimersDoNotHoldUpClose() throws Exception {
    EventLoop loop = backend().openLoop("closing");
    AtomicInteger ran = new AtomicInteger();
    loop.schedule(FAR, ran::incrementAndGet);
    loop.close();
    assertThat(ran).hasValue(0);
    assertThatThrownBy(() -> loop.schedule(FAR, ran::incrementAndGet))
        .isInstanceOf(java.util.concurrent.RejectedExecutionException.class);
  }
}
