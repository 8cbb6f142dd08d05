package sluice.internal.loop;

import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicInteger;
import sluice.EventLoop;
import sluice.spi.Durations;

/// The timers that users set, by deadline and, if equal, in the order set. Confined to the loop,
/// except that a timer may be cancelled from any thread.
final class Timers {
  /// Longer delays are cut to 146 years: deadlines must stay comparable by subtraction.
  private static final long DELAY_NANOS_MAX = Long.MAX_VALUE / 2;

  private static final int PURGE_MIN = 64;

  private final PriorityQueue<Timer> queue = new PriorityQueue<>();
  private final AtomicInteger cancelled = new AtomicInteger();
  private long sequence;

  final class Timer implements Comparable<Timer>, EventLoop.Registration {
    private final Runnable task;
    private final long deadlineNanos;
    private long order;
    private volatile boolean done;

    private Timer(Runnable task, long deadlineNanos) {
      this.task = task;
      this.deadlineNanos = deadlineNanos;
    }

    @Override
    public void cancel() {
      if (!done) {
        done = true;
        cancelled.incrementAndGet();
      }
    }

    @Override
    public int compareTo(Timer other) {
      int byDeadline = Long.signum(deadlineNanos - other.deadlineNanos);
      return byDeadline != 0 ? byDeadline : Long.compare(order, other.order);
    }
  }

  /// Makes a timer; from any thread. It runs once [#add] was called for it on the loop.
  Timer create(Runnable task, long delayNanos, long nowNanos) {
    return new Timer(task, nowNanos + Math.clamp(delayNanos, 0, DELAY_NANOS_MAX));
  }

  void add(Timer timer) {
    timer.order = sequence++;
    queue.add(timer);
    if (cancelled.get() > PURGE_MIN && cancelled.get() > queue.size() / 2) {
      purge();
    }
  }

  /// Cancelled timers would otherwise stay until their deadline, which may be far.
  private void purge() {
    queue.removeIf(t -> t.done);
    cancelled.set(0);
  }

  /// Returns the next deadline, or [Durations#FOREVER].
  long nextDeadline() {
    while (true) {
      Timer first = queue.peek();
      if (first == null) {
        return Durations.FOREVER;
      }
      if (!first.done) {
        return first.deadlineNanos;
      }
      queue.poll();
      cancelled.decrementAndGet();
    }
  }

  /// Takes the next task that is due, or null. Timers set by a task that runs now come next turn:
  /// they are after `beforeOrder`.
  @org.jspecify.annotations.Nullable Runnable pollDue(long nowNanos, long beforeOrder) {
    if (nextDeadline() == Durations.FOREVER) {
      return null;
    }
    Timer first = queue.element();
    if (first.deadlineNanos - nowNanos > 0 || first.order >= beforeOrder) {
      return null;
    }
    queue.poll();
    first.done = true;
    return first.task;
  }

  long order() {
    return sequence;
  }
}
