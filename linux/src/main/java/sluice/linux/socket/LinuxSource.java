package sluice.linux.socket;

/// A source that is a descriptor.
public interface LinuxSource {
  /// Returns the number. It is this source's only between `acquire` and `release`.
  int fd();

  /// Tells whether others may close the number at any time.
  default boolean isBorrowed() {
    return false;
  }
}
