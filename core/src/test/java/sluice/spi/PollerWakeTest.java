package sluice.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import sluice.Backend;
import sluice.ReadyHandler;

/// Waking a poller costs a call of the system only while its thread sleeps in one.
class PollerWakeTest {
  /// Counts the calls, and lets the test act before and after the system has returned.
  private static final class CountingPoller extends PollerBase<String> {
    Runnable asleep = () -> {};
    Runnable awake = () -> {};
    int wakes;
    long timeoutNanos;

    CountingPoller() {
      super((BackendProvider) Backend.of("nio"));
    }

    @Override
    protected int await(long timeout, ReadyHandler<? super String> handler) {
      timeoutNanos = timeout;
      if (timeout > 0) {
        asleep.run();
      }
      awoke();
      awake.run();
      return 0;
    }

    @Override
    protected void wake() {
      wakes++;
    }

    @Override
    protected void add(Registration<String> registration) {}

    @Override
    protected void change(Registration<String> registration) {}

    @Override
    protected void remove(Registration<String> registration) {}

    @Override
    protected void free() {}
  }

  private final CountingPoller poller = new CountingPoller();

  @Test
  void manyWakesOfASleeperAreOneCall() throws Exception {
    poller.asleep =
        () -> {
          poller.wakeup();
          poller.wakeup();
        };
    assertThat(poller.select(null, (_, _) -> {})).isZero();
    assertThat(poller.wakes).isEqualTo(1);
  }

  @Test
  void whileAwakeTheyCostNoneAndEndTheWait() throws Exception {
    poller.awake = poller::wakeup;
    assertThat(poller.select(null, (_, _) -> {})).isZero();
    assertThat(poller.wakes).isZero();
  }

  @Test
  void betweenWaitsTheyCostNoneAndTheNextWaitDoesNotSleep() throws Exception {
    poller.wakeup();
    assertThat(poller.select(Duration.ofDays(1), (_, _) -> {})).isZero();
    assertThat(poller.wakes).isZero();
    assertThat(poller.timeoutNanos).isZero();
  }
}
