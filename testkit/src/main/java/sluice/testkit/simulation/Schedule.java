package sluice.testkit.simulation;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What can happen next, by virtual time; the seed decides between things due at the same time. A
/// binary heap in which each actor is at most once.
final class Schedule {
  /// The virtual time of something that waits for others only.
  static final long NEVER = Long.MAX_VALUE;

  /// Something that acts at moments of virtual time.
  abstract static class Actor {
    final SplitMix random;
    private long due;
    private long tie;
    private int index = -1;

    Actor(SplitMix random) {
      this.random = random;
    }

    abstract void act();
  }

  private @Nullable Actor[] heap = new @Nullable Actor[32];
  private int size;
  private long now;

  long now() {
    return now;
  }

  /// Lets `actor` act at `time` and at no other.
  void at(Actor actor, long time) {
    if (time == NEVER) {
      cancel(actor);
      return;
    }
    actor.due = Math.max(time, now);
    actor.tie = actor.random.next();
    if (actor.index < 0) {
      if (size == heap.length) {
        heap = Arrays.copyOf(heap, size * 2);
      }
      place(actor, size++);
    }
    up(actor);
    down(actor);
  }

  /// Lets `actor` act at `time`, unless it acts earlier anyway.
  void atLatest(Actor actor, long time) {
    if (actor.index < 0 || time < actor.due) {
      at(actor, time);
    }
  }

  private void cancel(Actor actor) {
    int index = actor.index;
    if (index >= 0) {
      actor.index = -1;
      Actor last = get(--size);
      heap[size] = null;
      if (index < size) {
        place(last, index);
        up(last);
        down(last);
      }
    }
  }

  /// Lets the next actor act; false if none is due by `limit`.
  boolean step(long limit) {
    if (size == 0 || get(0).due > limit) {
      return false;
    }
    Actor next = get(0);
    now = next.due;
    cancel(next);
    next.act();
    return true;
  }

  /// Lets everything happen that is due by `time`, which it then is.
  void runUntil(long time) {
    while (step(time)) {}
    now = Math.max(now, time);
  }

  private Actor get(int index) {
    return Objects.requireNonNull(heap[index]);
  }

  private void place(Actor actor, int index) {
    heap[index] = actor;
    actor.index = index;
  }

  private void up(Actor actor) {
    int index = actor.index;
    while (index > 0) {
      Actor parent = get((index - 1) / 2);
      if (!before(actor, parent)) {
        break;
      }
      int parents = parent.index;
      place(parent, index);
      index = parents;
    }
    place(actor, index);
  }

  private void down(Actor actor) {
    int index = actor.index;
    while (index * 2 + 1 < size) {
      Actor child = get(index * 2 + 1);
      if (index * 2 + 2 < size && before(get(index * 2 + 2), child)) {
        child = get(index * 2 + 2);
      }
      if (!before(child, actor)) {
        break;
      }
      int childs = child.index;
      place(child, index);
      index = childs;
    }
    place(actor, index);
  }

  private static boolean before(Actor a, Actor b) {
    return a.due < b.due || (a.due == b.due && a.tie < b.tie);
  }
}
