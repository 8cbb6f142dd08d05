package sluice.internal.select;

import java.util.Arrays;

/// Where two arrays differ by a few elements taken out, put in or replaced.
final class Difference {
  private int[] removed = new int[8];
  private int removedCount;
  private int[] added = new int[8];
  private int addedCount;

  /// Compares by identity, in one pass that looks one element ahead.
  ///
  /// @return false if more than `limit` elements differ; then the difference is incomplete
  @SuppressWarnings("ReferenceEquality") // the very members, whatever equals() says
  boolean find(Object[] before, Object[] after, int limit) {
    removedCount = 0;
    addedCount = 0;
    int i = 0;
    int j = 0;
    while (i < before.length || j < after.length) {
      boolean both = i < before.length && j < after.length;
      if (both && before[i] == after[j]) {
        i++;
        j++;
        continue;
      }
      if (removedCount + addedCount >= limit) {
        return false;
      }
      if (both && i + 1 < before.length && before[i + 1] == after[j]) {
        noteRemoved(i++);
      } else if (both && j + 1 < after.length && before[i] == after[j + 1]) {
        noteAdded(j++);
      } else {
        if (i < before.length) {
          noteRemoved(i++);
        }
        if (j < after.length) {
          noteAdded(j++);
        }
      }
    }
    return true;
  }

  private void noteRemoved(int index) {
    if (removedCount == removed.length) {
      removed = Arrays.copyOf(removed, removedCount * 2);
    }
    removed[removedCount++] = index;
  }

  private void noteAdded(int index) {
    if (addedCount == added.length) {
      added = Arrays.copyOf(added, addedCount * 2);
    }
    added[addedCount++] = index;
  }

  int removedCount() {
    return removedCount;
  }

  /// Returns an index into the array before, in rising order.
  int removed(int n) {
    return removed[n];
  }

  int addedCount() {
    return addedCount;
  }

  /// Returns an index into the array after, in rising order.
  int added(int n) {
    return added[n];
  }

  /// Copies what stays from an array parallel to the one before into one parallel to the one after;
  /// the places of what was added are not touched.
  void copyKept(Object[] before, Object[] after) {
    int i = 0;
    int r = 0;
    int a = 0;
    for (int j = 0; j < after.length; j++) {
      if (a < addedCount && added[a] == j) {
        a++;
        continue;
      }
      while (r < removedCount && removed[r] == i) {
        r++;
        i++;
      }
      after[j] = before[i++];
    }
  }
}
