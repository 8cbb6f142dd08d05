package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.Interest.READ;
import static sluice.Interest.WRITE;
import static sluice.testkit.contract.PollerContract.look;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sluice.Poller;
import sluice.Readiness;

/// How long select waits, and what ends it: the timeout, a wake-up, an interrupt.
public abstract class PollerWaitContract extends BackendContract {
  private static final Duration FOR_A_WHILE = Duration.ofMillis(50);

  @Test
  void timeoutIsNeverEarly() throws Exception {
    Poller<String> poller = poller();
    poller.register(pair().server(), READ, "quiet");
    for (long nanos : new long[] {1, 999_999, 1_000_000, 1_000_001, 20_000_001, 50_000_000}) {
      Duration timeout = Duration.ofNanos(nanos);
      assertNotEarly(timeout, () -> assertThat(look(poller, timeout)).isEmpty());
    }
  }

  @Test
  void emptyPollerWaitsToo() throws Exception {
    Poller<String> poller = poller();
    assertThat(look(poller, Duration.ZERO)).isEmpty();
    assertNotEarly(FOR_A_WHILE, () -> assertThat(look(poller, FOR_A_WHILE)).isEmpty());
  }

  @Test
  void zeroTimeoutAsksTheSystem() throws Exception {
    Poller<Integer> poller = poller();
    List<Pair> pairs = pairs(3);
    for (int i = 0; i < 3; i++) {
      poller.register(pairs.get(i).client(), WRITE, i);
    }
    assertThat(look(poller, Duration.ZERO)).containsOnlyKeys(0, 1, 2);
  }

  @Test
  void hugeTimeoutsWaitAndOverflowNothing() throws Exception {
    for (Duration huge :
        List.of(
            Duration.ofMillis(1L << 31),
            Duration.ofMillis((1L << 32) + 1),
            Duration.ofNanos(Long.MAX_VALUE),
            Duration.ofNanos(Long.MAX_VALUE - 1),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))) {
      Poller<String> poller = poller();
      AtomicBoolean woken = new AtomicBoolean();
      Background<Boolean> waiting =
          Background.start(() -> {
            assertThat(look(poller, huge)).isEmpty();
            return woken.get();
          });
      waiting.entered();
      woken.set(true);
      poller.wakeup();
      assertThat(waiting.join()).as("%s waited", huge).isTrue();
    }
  }

  @Test
  void negativeTimeoutIsRefused() throws Exception {
    Poller<String> poller = poller();
    assertThatThrownBy(() -> look(poller, Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void dataEndsAWaitForEver() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    for (int i = 0; i < 20; i++) {
      Background<Integer> waiting =
          Background.start(() -> poller.select(null, (name, readiness) -> {})).entered();
      assertThat(pair.client().write(bytes("x"))).isOne();
      assertThat(waiting.join()).isOne();
      assertThat(receive(pair.server(), 1)).isEqualTo("x");
    }
  }

  @Test
  void wakeupBeforeSelectIsNotLost() throws Exception {
    Poller<String> poller = poller();
    poller.wakeup();
    assertThat(poller.select(null, (name, readiness) -> {})).isZero();
  }

  @Test
  void wakeupDuringSelectEndsIt() throws Exception {
    Poller<String> poller = poller();
    poller.register(pair().server(), READ, "quiet");
    for (int i = 0; i < 100; i++) {
      Background<Integer> waiting =
          Background.start(() -> poller.select(null, (name, readiness) -> {})).entered();
      poller.wakeup();
      assertThat(waiting.join()).isZero();
    }
  }

  @Test
  void manyWakeupsCostOneEarlyReturn() throws Exception {
    Poller<String> poller = poller();
    for (int i = 0; i < 10_000; i++) {
      poller.wakeup();
    }
    assertThat(poller.select(null, (name, readiness) -> {})).isZero();
    assertNotEarly(FOR_A_WHILE, () -> assertThat(look(poller, FOR_A_WHILE)).isEmpty());
  }

  @Test
  void wakeupsOfManyThreadsAreNotLost() throws Exception {
    Poller<String> poller = poller();
    int threads = 8;
    int each = 2_000;
    AtomicInteger announced = new AtomicInteger();
    List<Background<Integer>> wakers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      wakers.add(
          Background.start(() -> {
            for (int i = 0; i < each; i++) {
              announced.incrementAndGet();
              poller.wakeup();
            }
            return 0;
          }));
    }
    // A lost wake-up leaves this thread in select although everything was announced.
    while (announced.get() < threads * each) {
      poller.select(null, (name, readiness) -> {});
    }
    for (Background<Integer> waker : wakers) {
      waker.join();
    }
  }

  @Test
  void wakeupHidesNoReadySource() throws Exception {
    Poller<String> poller = poller();
    poller.register(pair().client(), WRITE, "client");
    poller.wakeup();
    assertThat(look(poller, LONG)).containsOnlyKeys("client");
  }

  @Test
  void wakeupFromAHandlerEndsThatSelectOnly() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.client(), WRITE, "client");
    poller.select(LONG, (name, readiness) -> poller.wakeup());
    poller.modify(pair.client(), READ);
    assertNotEarly(FOR_A_WHILE, () -> assertThat(look(poller, FOR_A_WHILE)).isEmpty());
  }

  @Test
  void interruptEndsSelectAndStaysSet() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    Background<Boolean> waiting =
        Background.start(() -> {
          assertThat(look(poller, LONG)).isEmpty();
          return Thread.currentThread().isInterrupted();
        });
    waiting.entered().thread().interrupt();

    assertThat(waiting.join()).isTrue();
    send(pair.client(), pair.server(), "x");
    assertThat(look(poller, LONG)).containsOnlyKeys("server");
  }

  @Test
  void interruptBeforeSelectEndsItAtOnce() throws Exception {
    Poller<String> poller = poller();
    poller.register(pair().server(), READ, "quiet");
    Thread.currentThread().interrupt();
    int count = poller.select(null, (name, readiness) -> {});
    assertThat(Thread.interrupted()).isTrue();
    assertThat(count).isZero();
    assertNotEarly(FOR_A_WHILE, () -> assertThat(look(poller, FOR_A_WHILE)).isEmpty());
  }

  @Test
  void interruptsLoseNoEvent() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");
    AtomicInteger received = new AtomicInteger();
    Background<Integer> reader =
        Background.start(() -> {
          while (received.get() < 200) {
            Map<String, Readiness> ready = look(poller, LONG);
            Thread.interrupted();
            if (!ready.isEmpty()) {
              receive(pair.server(), 1);
              received.incrementAndGet();
            }
          }
          return received.get();
        });
    for (int i = 0; i < 200; i++) {
      reader.thread().interrupt();
      assertThat(pair.client().write(bytes("x"))).isOne();
      reader.thread().interrupt();
    }
    assertThat(reader.join()).isEqualTo(200);
    assertThat(pair.server().isOpen()).isTrue();
  }

  @Test
  void worksOnVirtualThreads() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.server(), READ, "server");

    assertThat(
            Background.startVirtual(
                    () -> {
                      assertNotEarly(FOR_A_WHILE, () -> look(poller, FOR_A_WHILE));
                      return true;
                    })
                .join())
        .isTrue();

    Background<Integer> woken =
        Background.startVirtual(() -> poller.select(null, (name, readiness) -> {})).entered();
    poller.wakeup();
    assertThat(woken.join()).isZero();

    Background<Integer> interrupted =
        Background.startVirtual(() -> poller.select(null, (name, readiness) -> {})).entered();
    interrupted.thread().interrupt();
    assertThat(interrupted.join()).isZero();

    Background<Integer> told =
        Background.startVirtual(() -> poller.select(null, (name, readiness) -> {})).entered();
    assertThat(pair.client().write(bytes("x"))).isOne();
    assertThat(told.join()).isOne();
  }

  @Test
  void waitingVirtualThreadsDoNotStarveOthers() throws Exception {
    List<Background<Integer>> waiting = new ArrayList<>();
    List<Poller<String>> pollers = new ArrayList<>();
    for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors(); i++) {
      Poller<String> poller = poller();
      pollers.add(poller);
      waiting.add(Background.startVirtual(() -> poller.select(null, (name, readiness) -> {})));
    }
    assertThat(Background.startVirtual(() -> "ran").join()).isEqualTo("ran");
    pollers.forEach(Poller::wakeup);
    for (Background<Integer> call : waiting) {
      assertThat(call.join()).isZero();
    }
  }
}
