package sluice;

import java.io.IOException;

/// A [Counter] that the program itself raises, to wake a thread that waits
/// ([eventfd(2)](https://man7.org/linux/man-pages/man2/eventfd.2.html)).
public interface Event extends Counter {
  /// Adds to the count. From any thread.
  ///
  /// @param n how much, positive
  /// @return false if the count would exceed 2^64 - 2; then nothing is added
  boolean add(long n) throws IOException;
}
