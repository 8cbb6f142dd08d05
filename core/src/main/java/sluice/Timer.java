package sluice;

import java.io.IOException;
import java.time.Duration;

/// A [Counter] of expirations, by the monotonic clock
/// ([timerfd_create(2)](https://man7.org/linux/man-pages/man2/timerfd_create.2.html)). Not started
/// yet when it is opened.
public interface Timer extends Counter {
  /// Lets it expire once, `delay` from now. What it did before is forgotten.
  ///
  /// @param delay zero expires at once
  /// @throws IllegalArgumentException if `delay` is negative
  void start(Duration delay) throws IOException;

  /// Lets it expire every `interval` from now on. What it did before is forgotten.
  ///
  /// @throws IllegalArgumentException if `interval` is not positive
  void startEvery(Duration interval) throws IOException;

  /// Stops it. The count starts again at 0.
  void stop() throws IOException;
}
