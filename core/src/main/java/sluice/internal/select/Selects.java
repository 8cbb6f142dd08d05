package sluice.internal.select;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import sluice.Pollable;
import sluice.Readiness;
import sluice.Selected;
import sluice.internal.loop.SystemHost;
import sluice.spi.BackendProvider;
import sluice.spi.Durations;

/// Runs one [sluice.Select#select]: from memory on a platform thread, afresh on a virtual one, of
/// which there may be too many to remember anything for.
public final class Selects {
  private Selects() {}

  /// See [sluice.Select#select].
  public static <P extends Pollable> Selected<P> select(
      Collection<? extends P> r,
      Collection<? extends P> w,
      Collection<? extends P> x,
      @Nullable Duration timeout)
      throws IOException {
    long timeoutNanos = Durations.timeoutNanos(timeout);
    Memory memory = Thread.currentThread().isVirtual() ? null : Memory.enter();
    if (memory == null) {
      Object[][] arrays = SelectSet.copy(r, w, x);
      return run(
          arrays == null ? null : new SelectSet(arrays), null, timeout == null, timeoutNanos);
    }
    try {
      return run(memory.recall(r, w, x), memory, timeout == null, timeoutNanos);
    } finally {
      memory.leave();
    }
  }

  /// See [sluice.Select#await]; the interest is a mask, the timeout in nanoseconds.
  public static Readiness await(Pollable source, int interest, long timeoutNanos)
      throws IOException {
    Members.requireOpen(source);
    BackendProvider backend = (BackendProvider) source.backend();
    backend.checkInterest(interest);
    Pollable[] sources = {source};
    int[] interests = {interest};
    int[] readiness = new int[1];
    Waiting.until(
        backend,
        timeoutNanos,
        () -> Members.requireOpen(source),
        remaining -> backend.select(sources, interests, readiness, remaining) > 0);
    return Readiness.ofMask(readiness[0]);
  }

  private static <P extends Pollable> Selected<P> run(
      @Nullable SelectSet set, @Nullable Memory memory, boolean forEver, long timeoutNanos)
      throws IOException {
    if (set == null) {
      if (forEver) {
        throw new IllegalArgumentException(
            "r, w and x are empty and timeout is null: select would never return");
      }
      sleep(timeoutNanos);
      return new Selected<>(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
    boolean whole = false;
    try {
      set.await(timeoutNanos, memory);
      Selected<P> result = new Selected<>(set.ready(0), set.ready(1), set.ready(2));
      set.forgetReady();
      whole = true;
      return result;
    } finally {
      if (!whole && memory != null) {
        memory.forget(set);
      }
    }
  }

  private static void sleep(long timeoutNanos) throws InterruptedIOException {
    long start = SystemHost.INSTANCE.nanoTime();
    long remaining = timeoutNanos;
    while (true) {
      Waiting.throwIfInterrupted();
      if (remaining == 0) {
        return;
      }
      LockSupport.parkNanos(remaining);
      remaining = Durations.remaining(timeoutNanos, start, SystemHost.INSTANCE.nanoTime());
    }
  }
}
