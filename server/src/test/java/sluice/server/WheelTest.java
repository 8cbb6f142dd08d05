package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sluice.EventLoop;

@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WheelTest {
  private static final long TICK = 1L << 26;
  private static final int ENTRIES = 300;
  private static final int STEPS = 200_000;

  /// A timer of the loop that the wheel runs on.
  private static final class Timer implements EventLoop.Registration, Comparable<Timer> {
    final long at;
    final Runnable task;
    boolean cancelled;

    Timer(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Timer other) {
      return Long.compare(at, other.at);
    }
  }

  /// Has one deadline, which it may move.
  private final class Entry extends Wheel.Entry {
    /// [Wheel#NEVER] if it has none.
    int due = Wheel.NEVER;

    @Override
    int look(int tick) {
      looks++;
      if (due == Wheel.NEVER) {
        return Wheel.NEVER;
      }
      if (tick > due) {
        assertThat(now - due * TICK).as("nanoseconds after its tick began").isGreaterThan(TICK - 1);
        latest = Math.max(latest, now - (due + 1) * TICK);
        due = Wheel.NEVER;
        passed++;
        return Wheel.NEVER;
      }
      return due;
    }
  }

  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private long now;
  private long looks;
  private long passed;
  private long latest;
  private final Wheel wheel =
      new Wheel(
          () -> now,
          0,
          (delay, task) -> {
            Timer timer = new Timer(now + Math.max(0, delay.toNanos()), task);
            timers.add(timer);
            return timer;
          });

  private void pass(long nanos) {
    long end = now + nanos;
    while (!timers.isEmpty() && timers.peek().at <= end) {
      Timer next = timers.remove();
      now = Math.max(now, next.at);
      if (!next.cancelled) {
        next.task.run();
      }
    }
    now = end;
  }

  private void move(Entry entry, int due) {
    entry.due = due;
    wheel.arm(entry, due);
  }

  @Test
  void everyDeadlineIsMetAndNoneIsEarly() {
    SplittableRandom random = new SplittableRandom(7);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < ENTRIES; i++) {
      entries.add(new Entry());
    }
    long moved = 0;
    for (int i = 0; i < STEPS; i++) {
      Entry entry = entries.get(random.nextInt(ENTRIES));
      if (random.nextInt(10) == 0) {
        entry.due = Wheel.NEVER;
        wheel.disarm(entry);
      } else {
        int reach = random.nextInt(4) == 0 ? 5_000 : 30; // farther than the wheel, or near
        move(entry, wheel.now() + random.nextInt(reach));
        moved++;
      }
      pass(random.nextLong(TICK / 4));
      for (int j = 0; j < 3; j++) {
        Entry other = entries.get(random.nextInt(ENTRIES));
        assertThat(other.due).as("not passed").isGreaterThanOrEqualTo(wheel.now() - 2);
      }
    }
    pass(10_000 * TICK);
    assertThat(entries).allMatch(entry -> entry.due == Wheel.NEVER);
    assertThat(timers).as("timers that are left").allMatch(timer -> timer.cancelled);
    assertThat(passed).isGreaterThan(moved / 4);
    assertThat(latest).as("nanoseconds late").isLessThanOrEqualTo(TICK);
  }

  @Test
  void deadlineThatMovesAwayCostsNothing() {
    Entry entry = new Entry();
    move(entry, 10);
    int timersBefore = timers.size();
    for (int i = 0; i < 1_000; i++) {
      move(entry, 100 + i);
    }
    assertThat(timers).hasSize(timersBefore);
    pass(2_000 * TICK);
    assertThat(passed).isEqualTo(1);
    assertThat(looks).isLessThan(5);
  }

  @Test
  void manyThatAreDueAtOnceLetOthersHaveTheirTurn() {
    int count = Bounds.DEADLINES_PER_TURN * 3;
    for (int i = 0; i < count; i++) {
      move(new Entry(), 10);
    }
    long[] most = new long[1];
    while (passed < count) {
      long before = looks;
      Timer next = timers.remove();
      now = Math.max(now, next.at);
      if (!next.cancelled) {
        next.task.run();
      }
      most[0] = Math.max(most[0], looks - before);
    }
    assertThat(most[0]).isEqualTo(Bounds.DEADLINES_PER_TURN);
  }

  @Test
  void nobodyIsLateBeforeALoopThatWasHeldUpHasReceived() {
    for (int times = 0; times < Bounds.GRACES + 2; times++) {
      Entry entry = new Entry();
      move(entry, wheel.now() + 10);
      Timer timer = timers.remove();
      long looksBefore = looks;
      now += 10 * TICK + Duration.ofMinutes(1).toNanos();
      timer.task.run();
      assertThat(looks).isEqualTo(looksBefore);
      move(entry, wheel.now() + 100); // what it had sent was received
      pass(Duration.ofSeconds(2).toNanos());
      assertThat(passed).isEqualTo(times);
      pass(200 * TICK);
      assertThat(passed).isEqualTo(times + 1);
      assertThat(timers).isEmpty();
    }
  }

  @Test
  void loopThatIsHeldUpAgainAndAgainLooksSomeTime() {
    move(new Entry(), 10);
    for (int times = 0; times < Bounds.GRACES; times++) {
      runLate();
      assertThat(passed).as("after %d hold-ups", times + 1).isZero();
    }
    runLate();
    assertThat(passed).isEqualTo(1);
  }

  private void runLate() {
    Timer timer = timers.remove();
    now = timer.at + Duration.ofMinutes(1).toNanos();
    timer.task.run();
  }

  @Test
  void timeIsNeverCutToFewerTicks() {
    assertThat(Wheel.ticks(Duration.ofNanos(1))).isEqualTo(1);
    assertThat(Wheel.ticks(Duration.ofNanos(TICK))).isEqualTo(1);
    assertThat(Wheel.ticks(Duration.ofNanos(TICK + 1))).isEqualTo(2);
  }
}
