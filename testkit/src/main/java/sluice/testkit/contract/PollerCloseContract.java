package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.Interest.READ;
import static sluice.Interest.WRITE;
import static sluice.testkit.contract.PollerContract.look;

import java.nio.channels.ClosedSelectorException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import sluice.Poller;

/// Closing a poller or its sources, and threads that meet in one poller.
public abstract class PollerCloseContract extends BackendContract {
  @Test
  void closedPollerRefusesEverything() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.client(), WRITE, "client");
    poller.close();
    poller.close();
    poller.wakeup();

    List<ThrowingCallable> calls =
        List.of(
            () -> poller.register(pair.server(), READ, "server"),
            () -> poller.modify(pair.client(), READ),
            () -> poller.unregister(pair.client()),
            () -> poller.select(Duration.ZERO, (name, readiness) -> {}),
            () -> poller.select(null, (name, readiness) -> {}));
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call).isInstanceOf(ClosedSelectorException.class);
    }
  }

  @Test
  void closingAPollerClosesNoSource() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.client(), READ, "client");
    poller.close();

    send(pair.server(), pair.client(), "alive");
    assertThat(receive(pair.client(), 5)).isEqualTo("alive");
  }

  @Test
  void closeEndsASelectInProgress() throws Exception {
    for (int i = 0; i < 50; i++) {
      Poller<String> poller = poller();
      Background<Integer> waiting =
          Background.start(() -> poller.select(null, (name, readiness) -> {})).entered();
      poller.close();
      assertThat(waiting.failure()).isInstanceOf(ClosedSelectorException.class);
    }
  }

  @Test
  void closeInsideAHandlerEndsTheBatch() throws Exception {
    Poller<Integer> poller = poller();
    List<Pair> pairs = pairs(5);
    for (int i = 0; i < pairs.size(); i++) {
      poller.register(pairs.get(i).client(), WRITE, i);
    }
    List<Integer> told = new ArrayList<>();

    assertThatThrownBy(() ->
            poller.select(
                LONG,
                (index, readiness) -> {
                  told.add(index);
                  try {
                    poller.close();
                  } catch (java.io.IOException e) {
                    throw new AssertionError(e);
                  }
                }))
        .isInstanceOf(ClosedSelectorException.class);
    assertThat(told).hasSize(1);
  }

  @Test
  void changesRacingWithCloseSeeOnlyClosed() throws Exception {
    Pair pair = pair();
    for (int i = 0; i < 200; i++) {
      Poller<String> poller = poller();
      poller.register(pair.client(), READ, "client");
      Background<Integer> changing =
          Background.start(() -> {
            for (int turn = 0; ; turn++) {
              poller.modify(pair.client(), turn % 2 == 0 ? WRITE : READ);
              poller.register(pair.server(), READ, "server");
              poller.unregister(pair.server());
            }
          });
      poller.close();
      assertThat(changing.failure()).isInstanceOf(ClosedSelectorException.class);
    }
  }

  @Test
  void secondThreadIsRefused() throws Exception {
    Pair pair = pair();
    Poller<String> poller = poller();
    poller.register(pair.client(), WRITE, "client");
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    Background<Integer> selecting =
        Background.start(() ->
            poller.select(
                LONG,
                (name, readiness) -> {
                  inside.countDown();
                  await(leave);
                }));
    await(inside);

    List<ThrowingCallable> calls =
        List.of(
            () -> poller.select(Duration.ZERO, (name, readiness) -> {}),
            () -> poller.register(pair.server(), READ, "server"),
            () -> poller.modify(pair.client(), READ),
            () -> poller.unregister(pair.client()));
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .isInstanceOf(IllegalStateException.class)
          .isNotInstanceOf(ClosedSelectorException.class);
    }
    leave.countDown();
    assertThat(selecting.join()).isOne();
    assertThat(look(poller, LONG)).containsOnlyKeys("client");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void selectInsideAHandlerIsRefused() throws Exception {
    Poller<String> poller = poller();
    poller.register(pair().client(), WRITE, "client");
    poller.select(
        LONG,
        (name, readiness) ->
            assertThatThrownBy(() -> poller.select(Duration.ZERO, (n, r) -> {}))
                .isInstanceOf(IllegalStateException.class));
    assertThat(look(poller, LONG)).containsOnlyKeys("client");
  }

  @Test
  void sourceClosedByAnotherThreadIsSilentAndEndsNoWait() throws Exception {
    Duration timeout = Duration.ofMillis(30);
    for (int i = 0; i < 20; i++) {
      Pair pair = pair();
      Poller<String> poller = poller();
      poller.register(pair.server(), READ, "server");
      Background<Boolean> waiting =
          Background.start(() -> {
            assertNotEarly(timeout, () -> assertThat(look(poller, timeout)).isEmpty());
            return true;
          });
      waiting.entered();
      pair.server().close();
      assertThat(waiting.join()).isTrue();
      poller.unregister(pair.server());
      awaitEnd(pair.client());
    }
  }

  @Test
  void sourceClosedDuringAWaitFreesItsDescriptor() throws Exception {
    Poller<String> poller = poller();
    sluice.Listener listener = listener();
    DescriptorCount.assertNoneLeak(() -> {
      Pair pair = pair(listener);
      poller.register(pair.server(), READ, "server");
      Background<Integer> waiting =
          Background.start(() -> poller.select(null, (name, readiness) -> {})).entered();
      pair.server().close();
      awaitEnd(pair.client());
      pair.client().close();
      poller.wakeup();
      waiting.join();
    });
  }

  @Test
  void openAndCloseLeaveNoDescriptors() throws Exception {
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 1_000; i++) {
        backend().openPoller().close();
      }
    });
  }

  @Test
  void connectionsThatWereWatchedLeaveNoDescriptors() throws Exception {
    Poller<Integer> poller = poller();
    sluice.Listener listener = listener();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 100; i++) {
        Pair pair = pair(listener);
        poller.register(pair.client(), READ, i);
        poller.register(pair.server(), WRITE, i);
        look(poller, LONG);
        if (i % 2 == 0) {
          poller.unregister(pair.client());
        }
        pair.client().close();
        pair.server().abort();
      }
    });
  }
}
