package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static sluice.spi.Operations.ACCEPT;
import static sluice.spi.Operations.CONNECT;
import static sluice.spi.Operations.POLL;
import static sluice.spi.Operations.RECEIVE;
import static sluice.spi.Operations.SEND;
import static sluice.testkit.contract.DriverContract.base;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sluice.Interest;
import sluice.Listener;
import sluice.spi.ListenerBase;
import sluice.spi.Status;
import sluice.testkit.contract.DriverRig.Final;

/// Waiting, waking, cancelling, and not spinning.
public abstract class DriverControlContract extends BackendContract {
  private static final Duration FOR_A_WHILE = Duration.ofMillis(50);

  private DriverRig rig() throws Exception {
    return track(new DriverRig(backend()));
  }

  @Test
  void deadlineIsNeverEarly() throws Exception {
    DriverRig rig = rig();
    for (long nanos : new long[] {1, 999_999, 1_000_001, 20_000_001}) {
      Duration timeout = Duration.ofNanos(nanos);
      assertNotEarly(timeout, () -> assertThat(rig.turn(timeout)).isZero());
    }
    assertThat(rig.turn(Duration.ZERO)).isZero();
    assertThat(rig.turn(Duration.ofSeconds(-1))).isZero();
  }

  @Test
  void wakeupBeforeRunIsNotLost() throws Exception {
    DriverRig rig = rig();
    rig.driver.wakeup();
    assertThat(rig.turn()).isZero();
  }

  @Test
  void wakeupDuringRunEndsIt() throws Exception {
    DriverRig rig = rig();
    for (int i = 0; i < 100; i++) {
      Background<Integer> waking =
          Background.start(() -> {
            rig.driver.wakeup();
            return 0;
          });
      assertThat(rig.turn()).isZero();
      waking.join();
    }
  }

  @Test
  void manyWakeupsCostOneTurn() throws Exception {
    DriverRig rig = rig();
    List<Background<Integer>> wakers = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      wakers.add(
          Background.start(() -> {
            for (int i = 0; i < 1_000; i++) {
              rig.driver.wakeup();
            }
            return 0;
          }));
    }
    for (Background<Integer> waker : wakers) {
      waker.join();
    }
    assertThat(rig.turn()).isZero();
    assertNotEarly(FOR_A_WHILE, () -> assertThat(rig.turn(FOR_A_WHILE)).isZero());
  }

  @Test
  void wakeupsOfManyThreadsAreNotLost() throws Exception {
    DriverRig rig = rig();
    AtomicInteger announced = new AtomicInteger();
    List<Background<Integer>> wakers = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      wakers.add(
          Background.start(() -> {
            for (int i = 0; i < 2_000; i++) {
              announced.incrementAndGet();
              rig.driver.wakeup();
            }
            return 0;
          }));
    }
    while (announced.get() < 8_000) {
      assertThat(rig.turn()).isZero();
    }
    for (Background<Integer> waker : wakers) {
      waker.join();
    }
  }

  @Test
  void cancelGivesEachOperationExactlyOneFinal() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    Listener listener = listener();
    fill(pair.client());
    rig.driver.receive(1, base(pair.client()), 10);
    rig.driver.poll(1, pair.client(), Interest.READ.mask());
    rig.driver.accept(2, (ListenerBase) listener, 10);
    rig.turn(Duration.ZERO);

    rig.driver.cancel(1, RECEIVE | POLL | SEND | CONNECT);
    rig.driver.cancel(1, RECEIVE | POLL);
    rig.driver.cancel(2, ACCEPT);
    rig.untilFinals(3);

    assertThat(rig.finals)
        .containsExactlyInAnyOrder(
            new Final(1, RECEIVE, Status.CANCELLED),
            new Final(1, POLL, Status.CANCELLED),
            new Final(2, ACCEPT, Status.CANCELLED));
    rig.assertQuiet();
  }

  @Test
  void cancelRacingWithCompletionGivesOneOutcomeAndLosesNoByte() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    int finals = 0;
    for (int i = 1; i <= 200; i++) {
      assertThat(pair.client().write(bytes("x"))).isOne();
      rig.driver.receive(1, base(pair.server()), 1);
      if (i % 2 == 0) {
        rig.turn(Duration.ZERO);
      }
      rig.driver.cancel(1, RECEIVE);
      rig.untilFinals(++finals);
      assertThat(rig.finals).hasSize(finals);
    }
    pair.client().close();
    rig.driver.receive(1, base(pair.server()), 1 << 20);
    rig.untilFinals(++finals);
    assertThat(rig.finals.getLast()).isEqualTo(new Final(1, RECEIVE, Status.END));
    assertThat(rig.received.size()).isEqualTo(200);
  }

  @Test
  void cancelOfNothingIsQuiet() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    rig.driver.cancel(5, RECEIVE | SEND | POLL | ACCEPT | CONNECT);
    rig.driver.poll(5, pair.client(), Interest.READ.mask());
    rig.driver.cancel(5, RECEIVE);
    rig.driver.cancel(1L << 24 | 5, POLL); // the next generation of the same slot
    rig.assertQuiet();
    assertThat(pair.server().write(bytes("x"))).isOne();
    rig.until("polled", () -> rig.polled.size() == 1);
  }

  @Test
  void cancelInsideACompletionReachesTheOthers() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    rig.onFinished(() -> rig.driver.cancel(2, POLL));
    rig.driver.receive(1, base(pair.server()), 1);
    rig.driver.poll(2, pair.client(), Interest.READ.mask());
    assertThat(pair.client().write(bytes("x"))).isOne();
    rig.untilFinals(2);
    assertThat(rig.finals)
        .containsExactly(
            new Final(1, RECEIVE, Status.CREDIT), new Final(2, POLL, Status.CANCELLED));
    rig.assertQuiet();
  }

  @Test
  void operationsOfASourceClosedUnderThemEndOnCancel() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    rig.driver.receive(1, base(pair.client()), 10);
    rig.driver.poll(1, pair.client(), Interest.READ.mask());
    rig.turn(Duration.ZERO);
    pair.client().close();
    rig.driver.cancel(1, RECEIVE | POLL);
    rig.untilFinals(2);
    assertThat(rig.finals).extracting(Final::operation).containsExactlyInAnyOrder(RECEIVE, POLL);
    rig.assertQuiet();
    awaitEnd(pair.server());
  }

  @Test
  void massCancelEndsEveryOperationOnce() throws Exception {
    DriverRig rig = rig();
    List<Pair> pairs = pairs(600);
    List<Final> expected = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      rig.driver.poll(i, pairs.get(i).client(), Interest.READ.mask());
      rig.driver.receive(600 + i, base(pairs.get(i).server()), 10);
      expected.add(new Final(i, POLL, Status.CANCELLED));
      expected.add(new Final(600 + i, RECEIVE, Status.CANCELLED));
    }
    rig.turn(Duration.ZERO);
    for (int i = 0; i < 1_200; i++) {
      rig.driver.cancel(i, POLL | RECEIVE);
    }
    rig.untilFinals(1_200);
    assertThat(rig.finals).containsExactlyInAnyOrderElementsOf(expected);
    rig.assertQuiet();
  }

  @Test
  void unwantedResetDoesNotSpinAndIsFoundOnResume() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    rig.driver.receive(1, base(pair.server()), 1);
    assertThat(pair.client().write(bytes("abc"))).isEqualTo(3);
    rig.untilFinals(1);
    assertThat(pair.client().write(bytes("def"))).isEqualTo(3);
    pair.client().abort();
    awaitReadable(pair.server());
    rig.assertQuiet();
    rig.assertQuiet();

    rig.driver.receive(1, base(pair.server()), 1 << 20);
    rig.untilFinals(2);
    assertThat(rig.received).hasToString("abcdef");
    assertThat(rig.finals.getLast()).isEqualTo(new Final(1, RECEIVE, Status.RESET));
  }

  @Test
  void unwantedEndDoesNotSpinAndIsFoundOnResume() throws Exception {
    for (Pair pair : List.of(pair(), unixPair())) {
      DriverRig rig = rig();
      rig.driver.receive(1, base(pair.server()), 1 << 20);
      rig.turn(Duration.ZERO);
      rig.driver.cancel(1, RECEIVE);
      rig.untilFinals(1);
      assertThat(pair.client().write(bytes("last"))).isEqualTo(4);
      pair.client().close();
      awaitReadable(pair.server());
      rig.assertQuiet();
      rig.assertQuiet();

      rig.driver.receive(1, base(pair.server()), 1 << 20);
      rig.untilFinals(2);
      assertThat(rig.received).hasToString("last");
      assertThat(rig.finals.getLast()).isEqualTo(new Final(1, RECEIVE, Status.END));
    }
  }

  @Test
  void unwantedConnectionsDoNotSpin() throws Exception {
    DriverRig rig = rig();
    Listener listener = listener();
    rig.driver.accept(1, (ListenerBase) listener, 1);
    track(backend().connect(listener.localAddress()));
    rig.untilFinals(1);
    track(backend().connect(listener.localAddress()));
    awaitReadable(listener);
    rig.assertQuiet();
    rig.driver.accept(1, (ListenerBase) listener, 1);
    rig.untilFinals(2);
    assertThat(rig.accepted).hasSize(2);
  }

  @Test
  void reusedSlotAndDescriptorGetNothingOfTheirPredecessor() throws Exception {
    DriverRig rig = rig();
    Listener listener = listener();
    for (int generation = 0; generation < 50; generation++) {
      long handle = (long) generation << 24 | 7;
      Pair pair = pair(listener);
      rig.finals.clear();
      rig.driver.receive(handle, base(pair.server()), 1 << 20);
      rig.turn(Duration.ZERO);
      assertThat(rig.received.size()).isZero();
      assertThat(rig.finals).isEmpty();
      assertThat(pair.client().write(bytes("x"))).isOne();
      rig.until("received", () -> rig.received.size() == 1);
      rig.received.reset();
      rig.driver.cancel(handle, RECEIVE);
      rig.untilFinals(1);
      assertThat(rig.finals).containsExactly(new Final(handle, RECEIVE, Status.CANCELLED));
      assertThat(pair.client().write(bytes("late"))).isEqualTo(4);
      pair.server().close();
      pair.client().close();
    }
  }

  @Test
  void closeLeavesNoDescriptor() throws Exception {
    Pair pair = pair();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 100; i++) {
        try (DriverRig rig = new DriverRig(backend())) {
          rig.driver.poll(1, pair.client(), Interest.READ.mask());
          rig.turn(Duration.ZERO);
          rig.driver.cancel(1, POLL);
          rig.untilFinals(1);
        }
      }
    });
    assertThat(pair.client().isOpen()).isTrue();
  }

  @Test
  void endOfWhatWasCancelledIsNotWaitedFor() throws Exception {
    DriverRig rig = rig();
    rig.driver.receive(1, base(pair().client()), 10);
    rig.turn(Duration.ZERO);
    rig.driver.cancel(1, RECEIVE);
    Duration limit = Duration.ofSeconds(5);
    long deadline = System.nanoTime() + limit.toNanos();
    while (rig.finals.isEmpty()) {
      rig.turn(limit);
    }
    assertThat(deadline - System.nanoTime()).as("nanoseconds left").isPositive();
  }

  @Test
  void pollThatWasCancelledMayBeginAgain() throws Exception {
    DriverRig rig = rig();
    Pair pair = pair();
    for (int i = 1; i <= 3; i++) {
      rig.driver.poll(1, pair.server(), Interest.READ.mask());
      rig.turn(Duration.ZERO);
      rig.driver.cancel(1, POLL);
      rig.untilFinals(i);
      assertThat(rig.finals.getLast()).isEqualTo(new Final(1, POLL, Status.CANCELLED));
    }
    rig.driver.poll(2, pair.server(), Interest.READ.mask());
    assertThat(pair.client().write(bytes("x"))).isOne();
    rig.until("it is told", () -> !rig.polled.isEmpty());
  }
}
