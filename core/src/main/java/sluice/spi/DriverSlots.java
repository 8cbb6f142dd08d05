package sluice.spi;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a driver keeps for each handle. Confined to its loop.
public final class DriverSlots<S extends DriverSlots.Slot> {
  /// What is in progress for one handle.
  public abstract static class Slot {
    /// Whose it is.
    public final long handle;

    /// The operations in progress.
    public int active;

    protected Slot(long handle) {
      this.handle = handle;
    }

    /// Checks that `operation` may begin.
    ///
    /// @throws IllegalStateException if one of its kind is in progress
    public final void requireNot(int operation) {
      if ((active & operation) != 0) {
        throw new IllegalStateException("operation " + operation + " is in progress already");
      }
    }
  }

  private @Nullable Slot[] slots = new @Nullable Slot[64];

  /// Makes an empty table.
  public DriverSlots() {}

  private static int index(long handle) {
    return (int) (handle & 0xFF_FFFF);
  }

  /// Returns what is kept for `handle`, or null.
  @SuppressWarnings("unchecked") // only put() fills it
  public @Nullable S get(long handle) {
    int index = index(handle);
    Slot slot = index < slots.length ? slots[index] : null;
    return slot != null && slot.handle == handle ? (S) slot : null;
  }

  /// Keeps `slot`, in place of what was kept for the handle's predecessor.
  public void put(S slot) {
    int index = index(slot.handle);
    if (index >= slots.length) {
      slots = Arrays.copyOf(slots, Math.max(index + 1, slots.length * 2));
    }
    slots[index] = slot;
  }

  /// Calls `action` for all that is kept.
  @SuppressWarnings("unchecked") // only put() fills it
  public void forEach(Consumer<? super S> action) {
    for (Slot slot : slots) {
      if (slot != null) {
        action.accept((S) slot);
      }
    }
  }

  /// Forgets what is kept for `handle`.
  public void remove(long handle) {
    if (get(handle) != null) {
      slots[index(handle)] = null;
    }
  }
}
