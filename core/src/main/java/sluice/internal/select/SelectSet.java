package sluice.internal.select;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.Pollable;
import sluice.spi.BackendProvider;
import sluice.spi.BlockedSelects;

/// The three collections of a `select`, as arrays, and each source in them once.
///
/// It can be asked again, follows small changes of the collections, and after a while has the
/// system watch its sources between the calls. Confined to the thread that selects.
final class SelectSet {
  private static final int COLLECTIONS = 3;

  /// A set that was asked about so often is worth a poller: adding a source to one costs as much as
  /// asking about it a few times.
  private static final int BUILD_CALLS = 8;

  private final BackendProvider backend;
  private final IdentityHashMap<Pollable, Slot> bySource;
  private final Object[][] members;
  private final Object[][] scratch = new Object[COLLECTIONS][];
  private final Slot[][] slots;
  private final List<Slot> changed = new ArrayList<>();

  /// Those whose `ready` is not 0.
  private final List<Slot> ready = new ArrayList<>();

  /// How many sources of any kind had ever been closed when all of these were seen open.
  private long openAt;

  private int calls;
  private @Nullable SetPoller poller;
  private boolean refused;

  // Made once: a lambda that captures is garbage in each call.
  private final Waiting.Check open = this::requireOpen;
  private final Waiting.Question question = this::ask;

  /// Checks and takes the members.
  ///
  /// @param arrays r, w and x, at least one of them not empty
  SelectSet(Object[][] arrays) throws IOException {
    int count = arrays[0].length + arrays[1].length + arrays[2].length;
    bySource = new IdentityHashMap<>(count);
    members = arrays;
    slots = new Slot[COLLECTIONS][];
    openAt = BlockedSelects.closes();
    Pollable first = null;
    for (int c = 0; c < COLLECTIONS; c++) {
      scratch[c] = new Object[0];
      slots[c] = new Slot[arrays[c].length];
      for (int i = 0; i < arrays[c].length; i++) {
        Pollable source = Members.check(arrays[c][i], c, i, first);
        first = first == null ? source : first;
        slots[c][i] = put(source, c);
      }
    }
    backend = (BackendProvider) Objects.requireNonNull(first).backend();
    if (arrays[2].length > 0) {
      backend.checkInterest(4);
    }
  }

  /// Copies the collections, each once; null if all are empty.
  static Object @Nullable [][] copy(Collection<?> r, Collection<?> w, Collection<?> x) {
    Object[][] arrays = {r.toArray(), w.toArray(), x.toArray()};
    return arrays[0].length + arrays[1].length + arrays[2].length == 0 ? null : arrays;
  }

  private Slot put(Pollable source, int collection) {
    Slot slot = bySource.computeIfAbsent(source, Slot::new);
    slot.add(collection);
    noteChanged(slot);
    return slot;
  }

  private void noteChanged(Slot slot) {
    if (!slot.changed) {
      slot.changed = true;
      changed.add(slot);
    }
  }

  /// Tells whether it has these very members, in this order.
  boolean isOf(Collection<?> r, Collection<?> w, Collection<?> x) {
    return isOf(0, r) && isOf(1, w) && isOf(2, x);
  }

  /// Array against array: going through an iterator costs ten times as much as soon as there are
  /// several classes of collections about.
  @SuppressWarnings("ReferenceEquality") // the very members, whatever equals() says
  private boolean isOf(int c, Collection<?> collection) {
    Object[] before = members[c];
    if (collection.size() != before.length) {
      return false;
    }
    Object[] now = collection.toArray(scratch[c]);
    scratch[c] = now;
    if (now.length != before.length) {
      return false; // it has changed meanwhile
    }
    for (int i = 0; i < before.length; i++) {
      if (before[i] != now[i]) {
        return false;
      }
    }
    return true;
  }

  /// Becomes the set of these arrays, if they differ from its own in a few members only.
  ///
  /// @return false if they differ too much; nothing has changed then
  boolean follow(Object[][] arrays) throws IOException {
    Difference[] differences = new Difference[COLLECTIONS];
    int limit = 2 + bySource.size() / 8;
    for (int c = 0; c < COLLECTIONS; c++) {
      differences[c] = new Difference();
      if (!differences[c].find(members[c], arrays[c], limit)) {
        return false;
      }
    }
    for (int c = 0; c < COLLECTIONS; c++) {
      for (int n = 0; n < differences[c].addedCount(); n++) {
        int i = differences[c].added(n);
        if (!Members.check(arrays[c][i], c, i, null).backend().equals(backend)) {
          return false; // if nothing else is left of this set, it may be meant so
        }
      }
    }
    if (arrays[2].length > 0) {
      backend.checkInterest(4);
    }
    for (int c = 0; c < COLLECTIONS; c++) {
      follow(c, arrays[c], differences[c]);
    }
    return true;
  }

  private void follow(int c, Object[] array, Difference difference) {
    Slot[] before = slots[c];
    Slot[] after = new Slot[array.length];
    difference.copyKept(before, after);
    for (int n = 0; n < difference.removedCount(); n++) {
      Slot slot = before[difference.removed(n)];
      slot.remove(c);
      noteChanged(slot);
    }
    for (int n = 0; n < difference.addedCount(); n++) {
      int i = difference.added(n);
      after[i] = put((Pollable) array[i], c);
    }
    members[c] = array;
    slots[c] = after;
  }

  /// Waits until a member is ready for what it was put in for, or the timeout passes.
  ///
  /// @param memory where this set is remembered, or null if it is not
  void await(long timeoutNanos, @Nullable Memory memory) throws IOException {
    settle();
    Waiting.until(backend, timeoutNanos, open, question);
    // Not before: it would be given the number of a borrowed member that its owner has just closed,
    // and this call could not tell any more that it was.
    if (memory != null && poller == null && !refused && ++calls >= BUILD_CALLS) {
      calls = 0;
      if (memory.mayBuild()) {
        build();
      }
    }
  }

  /// Forgets sources that are in no collection any more, and lets the poller follow.
  private void settle() throws IOException {
    if (changed.isEmpty()) { // as most often; an iterator would be garbage
      return;
    }
    SetPoller present = poller;
    for (Slot slot : changed) {
      if (present != null && slot.interest() == 0) {
        present.follow(slot); // first: its number may be the next one's already
      }
    }
    for (Slot slot : changed) {
      slot.changed = false;
      if (slot.interest() == 0) {
        bySource.remove(slot.source);
      } else if (present != null) {
        present.follow(slot);
      }
    }
    changed.clear();
  }

  private void build() {
    SetPoller built = null;
    try {
      built = new SetPoller(backend, ready);
      for (Slot slot : bySource.values()) {
        built.follow(slot);
      }
      poller = built;
    } catch (IOException _) {
      // No descriptors or memory left, or two sources with one number. It only would be faster.
      refused = true;
      bySource.values().forEach(slot -> slot.watched = 0);
      if (built != null) {
        built.close();
      }
    }
  }

  private boolean ask(long timeoutNanos) throws IOException {
    SetPoller present = poller;
    if (present != null) {
      return present.await(timeoutNanos, openAt) > 0;
    }
    Slot[] asked = bySource.values().toArray(new Slot[0]);
    Pollable[] sources = new Pollable[asked.length];
    int[] interests = new int[asked.length];
    int[] readiness = new int[asked.length];
    for (int i = 0; i < asked.length; i++) {
      sources[i] = asked[i].source;
      interests[i] = asked[i].interest();
    }
    if (backend.select(sources, interests, readiness, timeoutNanos) == 0) {
      return false;
    }
    for (int i = 0; i < asked.length; i++) {
      if (readiness[i] != 0) {
        asked[i].ready = readiness[i];
        ready.add(asked[i]);
      }
    }
    return true;
  }

  private void requireOpen() throws IOException {
    long closes = BlockedSelects.closes();
    if (closes == openAt) {
      return;
    }
    for (Object[] array : members) {
      for (Object member : array) {
        Members.requireOpen((Pollable) member);
      }
    }
    openAt = closes;
  }

  /// Returns the ready members of a collection, as the caller gave them.
  @SuppressWarnings("unchecked") // the array was made from a collection of P
  <P extends Pollable> List<P> ready(int c) {
    if (ready.isEmpty()) {
      return new ArrayList<>();
    }
    List<P> result = new ArrayList<>(Math.min(ready.size(), slots[c].length));
    for (int i = 0; i < slots[c].length; i++) {
      if ((slots[c][i].ready & 1 << c) != 0) {
        result.add((P) members[c][i]);
      }
    }
    return result;
  }

  /// Forgets what was ready.
  void forgetReady() {
    for (int i = 0; i < ready.size(); i++) { // an iterator would be garbage
      ready.get(i).ready = 0;
    }
    ready.clear();
  }

  void close() {
    SetPoller present = poller;
    if (present != null) {
      poller = null;
      present.close();
    }
  }
}
