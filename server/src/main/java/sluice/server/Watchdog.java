package sluice.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.internal.loop.Loop;
import sluice.spi.Host;

/// Looks now and then, on a thread of its own, whether a handler or a task holds up its loop, and
/// says which, and where it is.
///
/// The loops are not slowed down: they count their calls of code that is not ours, and a count that
/// stays the same is one call that takes long. When the thread itself was late, the process or the
/// machine was held up, as by a garbage collection, and not the loop: that time does not count.
final class Watchdog {
  private static final System.Logger LOG = System.getLogger("sluice");
  private static final int FRAMES_TOLD = 8;

  /// What is known of one loop.
  private static final class Watched {
    final Worker worker;
    long calls;

    /// How long the call has been seen.
    long heldNanos;

    /// When that is to be told next.
    long tellAtNanos;

    Watched(Worker worker) {
      this.worker = worker;
    }
  }

  private final Host host;
  private final List<Watched> all = new ArrayList<>();
  private final AtomicLong blocks = new AtomicLong();
  private final EventLoop.Registration task;
  private long lastLook;

  Watchdog(Host host, List<Worker> workers) {
    this.host = host;
    workers.forEach(worker -> all.add(new Watched(worker)));
    lastLook = host.nanoTime();
    task = host.every(Bounds.WATCHDOG_PERIOD, "sluice-watchdog", this::look);
  }

  /// Returns how often a loop was held up.
  long blocks() {
    return blocks.get();
  }

  void stop() {
    task.cancel();
  }

  private void look() {
    long now = host.nanoTime();
    long passed = Math.min(now - lastLook, Bounds.WATCHDOG_PERIOD.toNanos());
    lastLook = now;
    for (Watched one : all) {
      look(one, passed);
    }
  }

  private void look(Watched one, long passed) {
    Loop loop = one.worker.loop();
    long calls = loop.calls();
    if (calls != one.calls || !Loop.isInside(calls)) {
      one.calls = calls;
      one.heldNanos = 0;
      one.tellAtNanos = Bounds.BLOCKED.toNanos();
      return;
    }
    one.heldNanos += passed;
    if (one.heldNanos < one.tellAtNanos) {
      return;
    }
    if (one.tellAtNanos == Bounds.BLOCKED.toNanos()) {
      blocks.incrementAndGet();
    }
    one.tellAtNanos = one.heldNanos + Bounds.BLOCKED_REPEAT.toNanos();
    ServerConnection connection = one.worker.current();
    StackTraceElement[] stack = loop.stack();
    if (loop.calls() == calls) { // what was seen belongs together
      tell(loop, one.heldNanos, connection, stack);
    }
  }

  private static void tell(
      Loop loop, long heldNanos, @Nullable ServerConnection connection, StackTraceElement[] stack) {
    StringBuilder at = new StringBuilder();
    for (int i = 0; i < Math.min(stack.length, FRAMES_TOLD); i++) {
      at.append(i == 0 ? "" : " < ").append(stack[i]);
    }
    String remote = connection == null ? "-" : connection.printableRemote();
    LOG.log(
        System.Logger.Level.WARNING,
        "loop.blocked loop={0} ms={1} remote={2} at=\"{3}\"",
        loop.name(),
        String.valueOf(Duration.ofNanos(heldNanos).toMillis()),
        remote,
        at);
    Events.blocked(loop.name(), remote, at.toString(), heldNanos);
  }
}
