package sluice.linux.descriptor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.FileChange;
import sluice.FileWatch;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.InotifyEvent;
import sluice.linux.abi.SysInotify;
import sluice.linux.libc.Errno;
import sluice.linux.libc.LibcFiles;

/// An inotify instance. One read takes a batch of events, of which the caller gets one at a time.
final class LinuxFileWatch extends LinuxDescriptor implements FileWatch {
  private static final int CREATED = SysInotify.IN_CREATE | SysInotify.IN_MOVED_TO;
  private static final int DELETED =
      SysInotify.IN_DELETE
          | SysInotify.IN_MOVED_FROM
          | SysInotify.IN_DELETE_SELF
          | SysInotify.IN_MOVE_SELF;
  private static final int MODIFIED = SysInotify.IN_MODIFY | SysInotify.IN_ATTRIB;

  private static final int WATCHED = CREATED | DELETED | MODIFIED;

  /// At least one event with the longest name (`NAME_MAX`).
  private static final int BATCH_BYTES = 4096;

  private final Map<Integer, Path> paths = new HashMap<>();
  private final Queue<FileChange> batch = new ArrayDeque<>();

  LinuxFileWatch(Backend backend, int fd) {
    super(backend, fd, "file watch");
  }

  @Override
  public void add(Path path) throws IOException {
    begin();
    try (Arena arena = Arena.ofConfined()) {
      int result = LibcFiles.inotify_add_watch(fd(), arena.allocateFrom(path.toString()), WATCHED);
      if (result < 0) {
        throw Errno.fileException("watch", path.toString(), result);
      }
      paths.put(result, path);
    } finally {
      release();
    }
  }

  @Override
  public @Nullable FileChange take() throws IOException {
    FileChange next = batch.poll();
    while (next == null) {
      if (readBatch() == 0) {
        return null;
      }
      next = batch.poll(); // still none, if all of them were told to be ignored
    }
    return next;
  }

  private int readBatch() throws IOException {
    begin();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment events = arena.allocate(BATCH_BYTES, InotifyEvent.LAYOUT.byteAlignment());
      int result;
      do {
        result = LibcFiles.read(fd(), events);
      } while (result == -ErrnoH.EINTR);
      if (result < 0) {
        return againOr(result, "take");
      }
      for (long at = 0; at < result; at += InotifyEvent.size(events, at)) {
        note(
            InotifyEvent.wd(events, at),
            InotifyEvent.mask(events, at),
            InotifyEvent.name(events, at));
      }
      return result;
    } finally {
      release();
    }
  }

  private void note(int watch, int mask, String name) {
    if ((mask & SysInotify.IN_Q_OVERFLOW) != 0) {
      batch.add(new FileChange(Path.of(""), StandardWatchEventKinds.OVERFLOW));
      return;
    }
    Path path = paths.get(watch);
    if (path == null) {
      return; // left over from a watch that has ended
    }
    if ((mask & SysInotify.IN_IGNORED) != 0) { // the file is gone, and so is the watch
      paths.remove(watch);
      return;
    }
    batch.add(new FileChange(name.isEmpty() ? path : path.resolve(name), kind(mask)));
  }

  private static WatchEvent.Kind<Path> kind(int mask) {
    if ((mask & CREATED) != 0) {
      return StandardWatchEventKinds.ENTRY_CREATE;
    }
    return (mask & DELETED) != 0
        ? StandardWatchEventKinds.ENTRY_DELETE
        : StandardWatchEventKinds.ENTRY_MODIFY;
  }
}
