package sluice.internal.select;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The last few sets that a platform thread has asked about.
///
/// A thread-local has no destructor, and what is remembered has descriptors. So whoever builds a
/// poller sweeps: memories of threads that have ended, or have not selected for long, are emptied.
final class Memory {
  private static final int SETS_MAX = 4;

  /// Threads that may have pollers at the same time.
  private static final int THREADS_MAX = 64;

  /// A memory is idle when this many pollers were built since its last use.
  private static final int IDLE_SWEEPS = 64;

  private static final ThreadLocal<Memory> OF_THREAD = ThreadLocal.withInitial(Memory::new);

  /// Those that may have pollers. Guarded by itself.
  private static final List<Memory> SWEPT = new ArrayList<>();

  private static final AtomicInteger SWEEPS = new AtomicInteger();

  private final Thread thread = Thread.currentThread();
  private final AtomicBoolean inUse = new AtomicBoolean();

  /// Most recently used first.
  private final List<SelectSet> sets = new ArrayList<>(SETS_MAX);

  private int usedAt;

  private Memory() {}

  /// Takes the calling thread's memory; [#leave] gives it back. Null if it cannot be had: a
  /// collection that selects when it is asked for its members, or a sweep.
  static @Nullable Memory enter() {
    Memory memory = OF_THREAD.get();
    if (!memory.inUse.compareAndSet(false, true)) {
      return null;
    }
    memory.usedAt = SWEEPS.getPlain();
    return memory;
  }

  void leave() {
    inUse.setRelease(false);
  }

  /// Returns the set of these collections: the very one that was asked last time, one that has
  /// followed small changes, or a new one. Null if all three are empty.
  @Nullable SelectSet recall(Collection<?> r, Collection<?> w, Collection<?> x) throws IOException {
    for (int i = 0; i < sets.size(); i++) {
      if (sets.get(i).isOf(r, w, x)) {
        return first(i);
      }
    }
    Object[][] arrays = SelectSet.copy(r, w, x);
    if (arrays == null) {
      return null;
    }
    for (int i = 0; i < sets.size(); i++) {
      if (sets.get(i).follow(arrays)) {
        return first(i);
      }
    }
    SelectSet set = new SelectSet(arrays);
    if (sets.size() == SETS_MAX) {
      sets.removeLast().close();
    }
    sets.addFirst(set);
    return set;
  }

  private SelectSet first(int i) {
    SelectSet set = sets.get(i);
    if (i > 0) {
      sets.remove(i);
      sets.addFirst(set);
    }
    return set;
  }

  /// Forgets a set in which something went wrong.
  void forget(SelectSet set) {
    sets.remove(set);
    set.close();
  }

  /// Tells whether one more poller may be built for this thread.
  boolean mayBuild() {
    synchronized (SWEPT) {
      sweep();
      if (SWEPT.contains(this)) {
        return true;
      }
      return SWEPT.size() < THREADS_MAX && SWEPT.add(this);
    }
  }

  private static void sweep() {
    int now = SWEEPS.incrementAndGet();
    for (Iterator<Memory> all = SWEPT.iterator(); all.hasNext(); ) {
      Memory memory = all.next();
      boolean idle = !memory.thread.isAlive() || now - memory.usedAt > IDLE_SWEEPS;
      if (idle && memory.inUse.compareAndSet(false, true)) {
        memory.sets.forEach(SelectSet::close);
        memory.sets.clear();
        memory.leave();
        all.remove();
      }
    }
  }
}
