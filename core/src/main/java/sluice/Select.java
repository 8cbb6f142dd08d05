package sluice;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import sluice.internal.loop.SystemHost;
import sluice.spi.BackendProvider;
import sluice.spi.Durations;

/// The call everyone learns first: which of these sockets are readable, which writable, which in an
/// exceptional condition?
///
/// The meaning is that of `select(2)` on Linux, without its limit of 1,024 descriptors: readable is
/// data, a connection to accept, end of stream or a failure; writable is room in the send buffer, a
/// decided connect or a failure; exceptional is urgent data only.
public final class Select {
  private Select() {}

  /// Waits until a member of `r` is readable, of `w` writable or of `x` has an exceptional
  /// condition, or the timeout passes.
  ///
  /// From a platform or a virtual thread. The collections are copied at once; changing them
  /// meanwhile harms nothing. Nothing is consumed, so a second call reports the same. With three
  /// empty collections it sleeps.
  ///
  /// @param timeout null waits for ever, zero only looks; it never returns early by rounding
  /// @throws IllegalArgumentException if `timeout` is negative, a member is null, members belong to
  ///   different backends, or it would wait for ever for nothing
  /// @throws ClosedPollableException if a member is closed before or during the call; names it
  /// @throws UnsupportedOperationException if the backend has no exceptional condition (NIO) and
  ///   `x` is not empty
  /// @throws InterruptedIOException if the thread is interrupted; its interrupt status stays set
  public static <P extends Pollable> Selected<P> select(
      Collection<? extends P> r,
      Collection<? extends P> w,
      Collection<? extends P> x,
      @Nullable Duration timeout)
      throws IOException {
    long timeoutNanos = Durations.timeoutNanos(timeout);
    Object[][] sets = {r.toArray(), w.toArray(), x.toArray()};
    int count = sets[0].length + sets[1].length + sets[2].length;
    if (count == 0) {
      if (timeout == null) {
        throw new IllegalArgumentException(
            "r, w and x are empty and timeout is null: select would never return");
      }
      sleep(timeoutNanos);
      return new Selected<>(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    Pollable[] sources = new Pollable[count];
    int[] interests = new int[count];
    Backend backend = flatten(sets, sources, interests);
    int[] readiness = new int[count];
    await((BackendProvider) backend, sources, interests, readiness, timeoutNanos);

    List<P> readable = pick(sets[0], readiness, 0);
    List<P> writable = pick(sets[1], readiness, sets[0].length);
    List<P> exceptional = pick(sets[2], readiness, sets[0].length + sets[1].length);
    return new Selected<>(readable, writable, exceptional);
  }

  private static final String[] ARGUMENTS = {"r", "w", "x"};

  /// Lays the three sets end to end and checks every member before anything is asked of the system.
  private static Backend flatten(Object[][] sets, Pollable[] sources, int[] interests)
      throws ClosedPollableException {
    Backend backend = null;
    int next = 0;
    for (int set = 0; set < sets.length; set++) {
      for (int i = 0; i < sets[set].length; i++) {
        if (!(sets[set][i] instanceof Pollable source)) {
          throw new IllegalArgumentException(
              "member %d of %s must be a Pollable, not %s"
                  .formatted(i, ARGUMENTS[set], sets[set][i]));
        }
        if (backend == null) {
          backend = source.backend();
        } else if (!source.backend().equals(backend)) {
          throw new IllegalArgumentException(
              "member %d of %s, %s, belongs to the backend %s, the members before it to %s"
                  .formatted(i, ARGUMENTS[set], source, source.backend().name(), backend.name()));
        }
        if (!source.isOpen()) {
          throw ClosedPollableException.of(source);
        }
        sources[next] = source;
        interests[next++] = 1 << set; // the masks of READ, WRITE and EXCEPTIONAL
      }
    }
    if (backend == null) {
      throw new AssertionError("flatten needs a member");
    }
    return backend;
  }

  private static void await(
      BackendProvider backend,
      Pollable[] sources,
      int[] interests,
      int[] readiness,
      long timeoutNanos)
      throws IOException {
    long start = backend.host().nanoTime();
    long remaining = timeoutNanos;
    while (true) {
      if (Thread.currentThread().isInterrupted()) {
        throw interrupted();
      }
      if (backend.select(sources, interests, readiness, remaining) > 0) {
        return;
      }
      for (Pollable source : sources) {
        if (!source.isOpen()) {
          throw ClosedPollableException.of(source);
        }
      }
      if (Thread.currentThread().isInterrupted()) {
        throw interrupted();
      }
      remaining = Durations.remaining(timeoutNanos, start, backend.host().nanoTime());
      if (remaining == 0) {
        return;
      }
    }
  }

  @SuppressWarnings("unchecked") // the set was made from a Collection<? extends P>
  private static <P extends Pollable> List<P> pick(Object[] set, int[] readiness, int offset) {
    List<P> ready = new ArrayList<>();
    for (int i = 0; i < set.length; i++) {
      if (readiness[offset + i] != 0) {
        ready.add((P) set[i]);
      }
    }
    return ready;
  }

  private static void sleep(long timeoutNanos) throws InterruptedIOException {
    long start = SystemHost.INSTANCE.nanoTime();
    long remaining = timeoutNanos;
    while (true) {
      if (Thread.currentThread().isInterrupted()) {
        throw interrupted();
      }
      if (remaining == 0) {
        return;
      }
      LockSupport.parkNanos(remaining);
      remaining = Durations.remaining(timeoutNanos, start, SystemHost.INSTANCE.nanoTime());
    }
  }

  private static InterruptedIOException interrupted() {
    return new InterruptedIOException("select was interrupted");
  }
}
