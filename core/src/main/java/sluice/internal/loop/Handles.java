package sluice.internal.loop;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The handles of one loop: a slot (24 bits) and its generation (24 bits), so that a completion
/// that comes too late never reaches the slot's next owner. Confined to the loop.
final class Handles {
  private static final int SLOTS_MAX = 1 << 24;

  private @Nullable Endpoint[] owners = new @Nullable Endpoint[64];
  private int[] generations = new int[64];
  private int[] free = new int[64];
  private int freeCount;
  private int used;
  private int attached;
  private long stale;

  long attach(Endpoint endpoint) {
    int slot = freeCount > 0 ? free[--freeCount] : fresh();
    owners[slot] = endpoint;
    attached++;
    return (long) generations[slot] << 24 | slot;
  }

  private int fresh() {
    if (used == SLOTS_MAX) {
      throw new IllegalStateException("more than " + SLOTS_MAX + " handles in one loop");
    }
    if (used == owners.length) {
      owners = Arrays.copyOf(owners, used * 2);
      generations = Arrays.copyOf(generations, used * 2);
      free = Arrays.copyOf(free, used * 2);
    }
    return used++;
  }

  void detach(long handle) {
    int slot = (int) (handle & 0xFF_FFFF);
    if (get(handle) == null) {
      throw new IllegalStateException("handle is detached already");
    }
    owners[slot] = null;
    generations[slot] = generations[slot] + 1 & 0xFF_FFFF;
    free[freeCount++] = slot;
    attached--;
  }

  /// Returns the owner, or null and counts it if the handle is of an earlier generation.
  @Nullable Endpoint get(long handle) {
    int slot = (int) (handle & 0xFF_FFFF);
    if (generations[slot] != (int) (handle >>> 24 & 0xFF_FFFF) || owners[slot] == null) {
      stale++;
      return null;
    }
    return owners[slot];
  }

  int attached() {
    return attached;
  }

  long stale() {
    return stale;
  }

  /// Calls `action` for every owner; it may detach.
  void forEach(Consumer<Endpoint> action) {
    for (int slot = 0; slot < used; slot++) {
      Endpoint endpoint = owners[slot];
      if (endpoint != null) {
        action.accept(endpoint);
      }
    }
  }
}
