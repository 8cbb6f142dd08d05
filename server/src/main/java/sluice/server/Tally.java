package sluice.server;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/// Counts what happens to the clients of one loop. Written by the loop only, read by any thread; so
/// it needs no locked instruction.
@SuppressWarnings("EnumOrdinal") // an index of arrays
final class Tally {
  private static final Refusal[] REFUSALS = Refusal.values();
  private static final CloseReason[] REASONS = CloseReason.values();

  private final AtomicLongArray refused = new AtomicLongArray(REFUSALS.length);
  private final AtomicLongArray closed = new AtomicLongArray(REASONS.length);
  private final AtomicLong offered = new AtomicLong();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong received = new AtomicLong();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong acceptPauses = new AtomicLong();

  void refused(Refusal why) {
    add(refused, why.ordinal());
  }

  void offered() {
    add(offered, 1);
  }

  void accepted() {
    add(accepted, 1);
  }

  void closed(CloseReason why) {
    add(closed, why.ordinal());
  }

  void received(int bytes) {
    add(received, bytes);
  }

  void sent(int bytes) {
    add(sent, bytes);
  }

  void acceptPaused() {
    add(acceptPauses, 1);
  }

  private static void add(AtomicLong counter, int count) {
    counter.setRelease(counter.getPlain() + count);
  }

  private static void add(AtomicLongArray counters, int index) {
    counters.setRelease(index, counters.getPlain(index) + 1);
  }

  /// Returns the sum of some tallies.
  ///
  /// @param open how many clients there are
  /// @param blocks how often a loop was held up
  static Counters sum(Iterable<Tally> tallies, long open, long blocks) {
    Map<Refusal, Long> refused = new EnumMap<>(Refusal.class);
    Map<CloseReason, Long> closed = new EnumMap<>(CloseReason.class);
    long received = 0;
    long sent = 0;
    long pauses = 0;
    long accepted = 0;
    long offered = 0;
    // What comes last is read first: nobody closes who was not accepted before.
    for (Tally tally : tallies) {
      for (CloseReason why : REASONS) {
        closed.merge(why, tally.closed.getAcquire(why.ordinal()), Long::sum);
      }
      for (Refusal why : REFUSALS) {
        refused.merge(why, tally.refused.getAcquire(why.ordinal()), Long::sum);
      }
      received += tally.received.getAcquire();
      sent += tally.sent.getAcquire();
      pauses += tally.acceptPauses.getAcquire();
    }
    for (Tally tally : tallies) {
      accepted += tally.accepted.getAcquire();
    }
    for (Tally tally : tallies) {
      offered += tally.offered.getAcquire();
    }
    return new Counters(
        offered,
        Collections.unmodifiableMap(refused),
        accepted,
        open,
        Collections.unmodifiableMap(closed),
        received,
        sent,
        pauses,
        blocks);
  }
}
