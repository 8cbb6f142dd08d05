package sluice.linux.epoll;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import sluice.linux.abi.PollFd;
import sluice.linux.abi.SysPoll;
import sluice.linux.libc.Libc;
import sluice.linux.libc.Timeout;

/// What a poller asks about with `ppoll`, in each call anew, beside its epoll set: numbers that
/// others may close, which epoll forgets silently, and files, which epoll refuses. The epoll set
/// itself is the first entry.
///
/// Confined to its poller.
///
/// @param <T> what to remember with each descriptor
final class PollList<T> {
  /// One descriptor.
  static final class Entry<T> {
    final T item;
    private int index;

    private Entry(T item, int index) {
      this.item = item;
      this.index = index;
    }
  }

  private final Arena arena;
  private final Timeout timeout;
  private final List<Entry<T>> entries = new ArrayList<>();
  private MemorySegment fds;

  /// @param arena where its memory is, also what it has outgrown
  PollList(Arena arena, int epfd) {
    this.arena = arena;
    timeout = new Timeout(arena);
    fds = arena.allocate(PollFd.LAYOUT, 8);
    PollFd.set(fds, 0, epfd, SysPoll.POLLIN);
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  Entry<T> add(int fd, int events, T item) {
    int index = entries.size() + 1;
    if ((index + 1) * PollFd.LAYOUT.byteSize() > fds.byteSize()) {
      MemorySegment larger = arena.allocate(fds.byteSize() * 2, PollFd.LAYOUT.byteAlignment());
      MemorySegment.copy(fds, 0, larger, 0, fds.byteSize());
      fds = larger;
    }
    PollFd.set(fds, index, fd, events);
    Entry<T> entry = new Entry<>(item, index);
    entries.add(entry);
    return entry;
  }

  void change(Entry<T> entry, int events) {
    PollFd.set(fds, entry.index, PollFd.fd(fds, entry.index), events);
  }

  /// The last entry takes its place.
  void remove(Entry<T> entry) {
    Entry<T> last = entries.removeLast();
    PollFd.set(fds, entry.index, PollFd.fd(fds, last.index), PollFd.events(fds, last.index));
    if (last != entry) {
      last.index = entry.index;
      entries.set(entry.index - 1, last);
    }
  }

  /// Asks, and waits here.
  ///
  /// @return like `ppoll`
  int poll(long timeoutNanos) {
    return Libc.ppoll(fds, entries.size() + 1L, timeout.of(timeoutNanos));
  }

  /// Parks the virtual thread that calls until asking again makes sense.
  void park(long timeoutNanos) throws IOException {
    Waiter.get().awaitAny(fds, entries.size() + 1, timeoutNanos);
  }

  /// Tells whether the last [#poll] found the epoll set ready.
  boolean isEpollReady() {
    return PollFd.revents(fds, 0) != 0;
  }

  /// Adds the entries that the last [#poll] found ready to `ready`.
  void collect(List<Entry<T>> ready) {
    for (Entry<T> entry : entries) {
      if (events(entry) != 0) {
        ready.add(entry);
      }
    }
  }

  /// Returns what the last [#poll] reported for it.
  int events(Entry<T> entry) {
    return PollFd.revents(fds, entry.index);
  }
}
