package sluice;

import java.util.List;

/// The outcome of one [Select#select] call: the ready members of each argument, the same objects,
/// in the order given, duplicates kept. The three lists are new for each call and the caller's to
/// keep.
///
/// @param readable those of the first argument that can be read, accepted from, or have ended
/// @param writable those of the second argument that can be written, or have failed
/// @param exceptional those of the third argument that have urgent data
public record Selected<P extends Pollable>(
    List<P> readable, List<P> writable, List<P> exceptional) {
  /// Tells whether nothing was ready: the timeout passed.
  public boolean isEmpty() {
    return readable.isEmpty() && writable.isEmpty() && exceptional.isEmpty();
  }
}
