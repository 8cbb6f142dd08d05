package sluice;

import java.io.IOException;

/// A [Descriptor] that counts something: expirations of a timer, arrivals of a signal, calls of
/// [Event#add]. Readable while the count is not 0.
public interface Counter extends Descriptor {
  /// Takes the count.
  ///
  /// @return how often it has happened since the last take, possibly 0
  long take() throws IOException;
}
