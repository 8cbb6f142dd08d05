package sluice;

import java.nio.file.Path;
import java.nio.file.WatchEvent;

/// One change that a [FileWatch] has seen.
///
/// @param path what changed: the path that was added, or an entry of the directory that was. Empty
///   if changes were lost
/// @param kind one of [java.nio.file.StandardWatchEventKinds]: created (or moved in), deleted (or
///   moved away), modified (data or attributes), or `OVERFLOW` when the system has dropped changes
///   that nobody took
public record FileChange(Path path, WatchEvent.Kind<?> kind) {}
