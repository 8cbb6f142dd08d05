package sluice.internal.select;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import sluice.Interest;
import sluice.Readiness;
import sluice.ReadyHandler;
import sluice.spi.BackendProvider;
import sluice.spi.BlockedSelects;
import sluice.spi.PollableBase;
import sluice.spi.PollerBase;

/// A poller that watches the sources of one [SelectSet] from call to call.
///
/// Whatever a poller can be trusted with, it is trusted with here: it forgets a closed source
/// before its number can be another's, and asks about borrowed numbers anew in each call.
final class SetPoller {
  private final PollerBase<Slot> poller;

  /// Where to note who is ready.
  private final List<Slot> ready;

  /// Hung up or failed, which is always reported and was not asked for: it would end every wait at
  /// once. `select(2)` goes on sleeping, too. Not watched until the next call.
  private final List<Slot> muted = new ArrayList<>();

  private final ReadyHandler<Slot> handler = this::note;
  private final BlockedSelects.Wakeable wakeable;

  SetPoller(BackendProvider backend, List<Slot> ready) throws IOException {
    poller = (PollerBase<Slot>) backend.<Slot>openPoller();
    this.ready = ready;
    wakeable = poller::wakeup;
  }

  /// Lets the poller watch a source for what it is asked about now.
  void follow(Slot slot) throws IOException {
    int interest = slot.interest();
    if (interest == slot.watched) {
      return;
    }
    if (interest == 0) {
      poller.unregister(slot.source);
    } else if (slot.watched == 0) {
      poller.register(slot.source, Interest.ofMask(interest), slot);
    } else {
      poller.modify(slot.source, Interest.ofMask(interest));
    }
    slot.watched = interest;
  }

  /// Asks once; it may return 0 early.
  ///
  /// @param openAt how many sources had been closed when all of these were open
  /// @return how many sources are ready
  int await(long timeoutNanos, long openAt) throws IOException {
    unmute();
    look(0);
    if (ready.isEmpty() && timeoutNanos > 0) {
      BlockedSelects.enter(wakeable);
      try {
        if (BlockedSelects.closes() == openAt) { // after enter: a close from now on wakes us
          look(timeoutNanos);
        }
      } finally {
        BlockedSelects.leave(wakeable);
      }
    }
    return ready.size();
  }

  /// Looks until nobody new is ready: a poller reports so many at a time. Those reported come after
  /// the others then, and fill up the last report with what is known: better to have one report.
  private void look(long timeoutNanos) throws IOException {
    poller.selectNanos(timeoutNanos, handler);
    int before = 0;
    while (poller.hasMore() && ready.size() > before) {
      before = ready.size();
      poller.takeMore();
      poller.selectNanos(0, handler);
    }
    for (int i = 0; i < ready.size(); i++) {
      Slot slot = ready.get(i);
      if (slot.failed) {
        slot.failed = false;
        ((PollableBase) slot.source).requireUsable();
      }
    }
  }

  private void note(Slot slot, Readiness readiness) {
    int asked = readiness.mask() & slot.watched;
    slot.failed = readiness.error();
    if (asked == 0) {
      mute(slot);
    } else {
      if (slot.ready == 0) {
        ready.add(slot);
      }
      slot.ready |= asked;
    }
  }

  private void mute(Slot slot) {
    try {
      poller.unregister(slot.source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    slot.watched = 0;
    muted.add(slot);
  }

  private void unmute() throws IOException {
    for (int i = 0; i < muted.size(); i++) {
      follow(muted.get(i));
    }
    muted.clear();
  }

  void close() {
    try {
      poller.close();
    } catch (IOException _) {
      // nothing is left to do with it
    }
  }
}
