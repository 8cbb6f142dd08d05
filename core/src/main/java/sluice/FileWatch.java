package sluice;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A [Descriptor] that is readable when watched files have changed
/// ([inotify(7)](https://man7.org/linux/man-pages/man7/inotify.7.html)).
public interface FileWatch extends Descriptor {
  /// Begins to watch a file, or what is directly in a directory. Watching it again changes nothing.
  ///
  /// @throws java.nio.file.NoSuchFileException if there is no such file
  /// @throws IOException if the system's limit (`fs.inotify.max_user_watches`) is reached, or it
  ///   refuses
  void add(Path path) throws IOException;

  /// Takes the next change.
  ///
  /// @return what has changed, or null if nothing is waiting
  @Nullable FileChange take() throws IOException;
}
