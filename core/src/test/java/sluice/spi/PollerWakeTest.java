package sluice.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sluice.Backend;
import sluice.Interest;
import sluice.Listener;
import sluice.ReadyHandler;

/// Waking a poller costs a call of the system only while its thread sleeps in one.
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PollerWakeTest {
  /// Counts the calls, and lets the test act before and after the system has returned.
  private static final class CountingPoller extends PollerBase<String> {
    Runnable asleep = () -> {};
    Runnable awake = () -> {};
    int wakes;
    int flushes;
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
    protected void flush() {
      flushes++;
    }

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

  @Test
  void sourceThatIsWatchedNoMoreTellsNobodyOfItsEnd() throws Exception {
    Listener source =
        Backend.of("nio").listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
    for (int i = 0; i < 3; i++) {
      poller.register(source, Interest.READ, "watched");
      poller.unregister(source);
    }
    source.close();
    assertThat(poller.flushes).isZero();
  }

  @Test
  void sourceThatAnotherThreadClosesIsNotWaitedWith() throws Exception {
    Listener source =
        Backend.of("nio").listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
    poller.register(source, Interest.READ, "watched");
    poller.asleep =
        () -> {
          try {
            Thread.ofPlatform().start(source::close).join();
            poller.wakeup(); // or this test would not end
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    assertThat(poller.select(null, (_, _) -> {})).isZero();
    assertThat(poller.wakes).isEqualTo(2);
  }
}
