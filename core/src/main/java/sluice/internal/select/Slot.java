package sluice.internal.select;

import sluice.Pollable;

/// A source in a set, with all that is asked about it.
final class Slot {
  final Pollable source;

  /// How often it is in each of the three collections.
  private final int[] uses = new int[3];

  /// What the poller watches it for; 0 if it does not.
  int watched;

  /// What is ready and was asked for, in the current call.
  int ready;

  /// The system reported a failure with it.
  boolean failed;

  /// It is in the list of changed slots.
  boolean changed;

  Slot(Pollable source) {
    this.source = source;
  }

  /// @param collection 0 for r, 1 for w, 2 for x
  void add(int collection) {
    uses[collection]++;
  }

  void remove(int collection) {
    uses[collection]--;
  }

  /// Returns the mask of what is asked: that of [sluice.Interest], whose bits are the collections'.
  int interest() {
    return (uses[0] > 0 ? 1 : 0) | (uses[1] > 0 ? 2 : 0) | (uses[2] > 0 ? 4 : 0);
  }
}
