package sluice;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.IdentityHashMap;
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

    Members members = Members.of(sets, count);
    int[] readiness = new int[members.sources.length];
    await(members, readiness, timeoutNanos);
    return new Selected<>(
        pick(sets, 0, members, readiness),
        pick(sets, 1, members, readiness),
        pick(sets, 2, members, readiness));
  }

  /// The three sets as the system is asked about them: each source once, with all its interests.
  private static final class Members {
    final BackendProvider backend;
    final Pollable[] sources;
    final int[] interests;

    /// For each member of the sets, laid end to end, where it is in `sources`.
    final int[] positions;

    private Members(Pollable[] sources, int[] interests, int[] positions) {
      this.backend = (BackendProvider) sources[0].backend();
      this.sources = sources;
      this.interests = interests;
      this.positions = positions;
    }

    private static final String[] ARGUMENTS = {"r", "w", "x"};

    /// Checks every member before anything is asked of the system.
    static Members of(Object[][] sets, int count) throws ClosedPollableException {
      IdentityHashMap<Pollable, Integer> positionOf = new IdentityHashMap<>(count);
      Pollable[] sources = new Pollable[count];
      int[] interests = new int[count];
      int[] positions = new int[count];
      int next = 0;
      for (int set = 0; set < sets.length; set++) {
        for (int i = 0; i < sets[set].length; i++) {
          Pollable source = check(sets[set][i], ARGUMENTS[set], i, sources[0]);
          Integer known = positionOf.putIfAbsent(source, positionOf.size());
          int position = known != null ? known : positionOf.size() - 1;
          sources[position] = source;
          interests[position] |= 1 << set; // the masks of READ, WRITE and EXCEPTIONAL
          positions[next++] = position;
        }
      }
      return new Members(
          Arrays.copyOf(sources, positionOf.size()),
          Arrays.copyOf(interests, positionOf.size()),
          positions);
    }

    private static Pollable check(Object member, String set, int i, @Nullable Pollable first)
        throws ClosedPollableException {
      if (!(member instanceof Pollable source)) {
        throw new IllegalArgumentException(
            "member %d of %s must be a Pollable, not %s".formatted(i, set, member));
      }
      if (first != null && !source.backend().equals(first.backend())) {
        throw new IllegalArgumentException(
            "member %d of %s, %s, belongs to the backend %s, the members before it to %s"
                .formatted(i, set, source, source.backend().name(), first.backend().name()));
      }
      if (!source.isOpen()) {
        throw ClosedPollableException.of(source);
      }
      return source;
    }
  }

  private static void await(Members members, int[] readiness, long timeoutNanos)
      throws IOException {
    BackendProvider backend = members.backend;
    long start = backend.host().nanoTime();
    long remaining = timeoutNanos;
    while (true) {
      if (Thread.currentThread().isInterrupted()) {
        throw interrupted();
      }
      if (backend.select(members.sources, members.interests, readiness, remaining) > 0) {
        return;
      }
      for (Pollable source : members.sources) {
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
  private static <P extends Pollable> List<P> pick(
      Object[][] sets, int set, Members members, int[] readiness) {
    int offset = 0;
    for (int before = 0; before < set; before++) {
      offset += sets[before].length;
    }
    List<P> ready = new ArrayList<>();
    for (int i = 0; i < sets[set].length; i++) {
      if ((readiness[members.positions[offset + i]] & 1 << set) != 0) {
        ready.add((P) sets[set][i]);
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
