package sluice.internal.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.spi.Durations;

/// The timers of a loop, at any time of its clock.
class TimersTest {
  private final Timers timers = new Timers();
  private final List<String> ran = new ArrayList<>();

  private Timers.Timer set(String name, long delay, long now) {
    Timers.Timer timer = timers.create(() -> ran.add(name), delay, now);
    timers.add(timer);
    return timer;
  }

  private void runDue(long now) {
    long order = timers.order();
    for (Runnable task = timers.pollDue(now, order);
        task != null;
        task = timers.pollDue(now, order)) {
      task.run();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MAX_VALUE - 50, Long.MIN_VALUE})
  void runInOrderAndNeverEarlyWhateverTheClockSays(long start) {
    set("last", 300, start);
    set("first", 10, start);
    set("second", 100, start);
    set("also second", 100, start);
    assertThat(timers.nextDeadline()).isEqualTo(start + 10);
    runDue(start + 9);
    assertThat(ran).isEmpty();
    runDue(start + 10);
    assertThat(ran).containsExactly("first");
    runDue(start + 299);
    assertThat(ran).containsExactly("first", "second", "also second");
    runDue(start + 300);
    assertThat(ran).containsExactly("first", "second", "also second", "last");
    assertThat(timers.nextDeadline()).isEqualTo(Durations.FOREVER);
  }

  @Test
  void thoseThatATimerSetsForNowRunNextTurn() {
    timers.add(timers.create(() -> set("later", 0, 5), 0, 5));
    runDue(5);
    assertThat(ran).isEmpty();
    runDue(5);
    assertThat(ran).containsExactly("later");
  }

  @Test
  void cancelledOnesAreForgottenLongBeforeTheirDeadline() {
    List<WeakReference<Object>> remembered = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      Object held = new Object();
      remembered.add(new WeakReference<>(held));
      Timers.Timer timer = timers.create(() -> ran.add(held.toString()), Long.MAX_VALUE, 0);
      timers.add(timer);
      timer.cancel();
    }
    System.gc();
    assertThat(remembered).filteredOn(one -> one.get() != null).hasSizeLessThan(200);
  }
}
