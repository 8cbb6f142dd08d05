package sluice.server;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.internal.loop.Failures;
import sluice.spi.Durations;

/// The deadlines of a loop's connections: a timing wheel whose entries are the connections
/// themselves, so that a deadline costs no object. Confined to the loop. See [Varghese and Lauck,
/// scheme 6](https://doi.org/10.1145/41457.37504).
///
/// Time is counted in ticks of 67 ms since the loop began. A deadline that moves away costs
/// nothing: the entry stays where it is, and when its turn comes it says when to look again.
/// Between two deadlines nothing runs: one timer of the loop is set for the next one.
final class Wheel {
  /// No deadline.
  static final int NEVER = Integer.MAX_VALUE;

  private static final int TICK_SHIFT = 26;
  private static final int SLOTS = 1024;
  private static final int HELD_UP = ticks(Bounds.HELD_UP);

  /// Something that has deadlines.
  abstract static class Entry {
    private @Nullable Entry next;
    private @Nullable Entry previous;
    private int due = NEVER;

    /// Looks at the deadlines. Returns when to look again, at the latest; or [#NEVER].
    abstract int look(int now);
  }

  /// Runs something later, on the loop.
  interface Scheduler {
    EventLoop.Registration schedule(Duration delay, Runnable task);
  }

  private final LongSupplier clock;
  private final Scheduler scheduler;
  private final long origin;
  private final @Nullable Entry[] slots = new @Nullable Entry[SLOTS];

  /// Every slot before this tick is empty.
  private int reached;

  private int armed;
  private EventLoop.@Nullable Registration timer;

  /// When that timer fires.
  private int wake = NEVER;

  /// How often in a row clients were given time after a hold-up.
  private int graces;

  /// Makes an empty wheel.
  ///
  /// @param clock in nanoseconds; asked for every message
  /// @param origin what it says now
  Wheel(LongSupplier clock, long origin, Scheduler scheduler) {
    this.clock = clock;
    this.origin = origin;
    this.scheduler = scheduler;
  }

  /// Returns the fewest ticks that are not shorter than `time`.
  static int ticks(Duration time) {
    return Math.clamp(((Durations.saturatedNanos(time) - 1) >> TICK_SHIFT) + 1, 0, NEVER >> 1);
  }

  /// Returns how long so many ticks are.
  static long millis(int ticks) {
    return ((long) ticks << TICK_SHIFT) / 1_000_000;
  }

  /// Returns the current tick.
  int now() {
    return (int) ((clock.getAsLong() - origin) >> TICK_SHIFT);
  }

  /// Sees to it that `entry` is looked at when `due` has come, or earlier.
  void arm(Entry entry, int due) {
    if (due >= entry.due) {
      return; // it is looked at before that
    }
    if (entry.due != NEVER) {
      unlink(entry);
    }
    if (armed == 0) {
      reached = Math.max(reached, now());
    }
    // What is farther than the wheel reaches is looked at once in a while.
    int at = Math.clamp(due, reached, reached + SLOTS - 1);
    entry.due = at;
    Entry head = slots[at % SLOTS];
    entry.next = head;
    if (head != null) {
      head.previous = entry;
    }
    slots[at % SLOTS] = entry;
    armed++;
    if (at < wake) {
      setTimer(at);
    }
  }

  /// Takes all deadlines of `entry` away.
  void disarm(Entry entry) {
    if (entry.due != NEVER) {
      unlink(entry);
    }
  }

  private void unlink(Entry entry) {
    Entry next = entry.next;
    Entry previous = entry.previous;
    if (next != null) {
      next.previous = previous;
    }
    if (previous != null) {
      previous.next = next;
    } else {
      slots[entry.due % SLOTS] = next;
    }
    entry.next = null;
    entry.previous = null;
    entry.due = NEVER;
    armed--;
  }

  private void cancelTimer() {
    EventLoop.Registration earlier = timer;
    if (earlier != null) {
      earlier.cancel();
      timer = null;
    }
  }

  private void setTimer(int at) {
    cancelTimer();
    wake = at;
    long end = origin + ((at + 1L) << TICK_SHIFT); // that tick must be over
    timer = scheduler.schedule(Duration.ofNanos(end - clock.getAsLong()), this::turn);
  }

  /// Looks at what is due, and sets the timer for what is next.
  private void turn() {
    cancelTimer(); // it may have been set again since this was due
    int now = now();
    if (now - wake > HELD_UP && graces < Bounds.GRACES) {
      // The process was stopped, or the loop held up. What clients sent meanwhile waits to be
      // received: nobody is late before that was done.
      graces++;
      setTimer(now + HELD_UP);
      return;
    }
    graces = 0;
    wake = reached; // nothing sets the timer meanwhile
    int looked = 0;
    while (reached < now && armed > 0) {
      Entry entry = slots[reached % SLOTS];
      if (entry == null) {
        reached++;
      } else if (looked++ == Bounds.DEADLINES_PER_TURN) {
        setTimer(reached); // the others have their turn first
        return;
      } else {
        look(entry, now);
      }
    }
    wake = NEVER;
    if (armed > 0) {
      int next = reached;
      while (slots[next % SLOTS] == null) {
        next++;
      }
      setTimer(next);
    }
  }

  private void look(Entry entry, int now) {
    unlink(entry);
    int next = NEVER;
    try {
      next = entry.look(now);
    } catch (Throwable t) { // a defect of ours, which costs no other connection its deadline
      Failures.log("deadline.failed", t);
    }
    if (next != NEVER) {
      arm(entry, Math.max(next, now));
    }
  }
}
