package sluice.linux.epoll;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.ReadyHandler;
import sluice.linux.abi.EpollEvent;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.SysEpoll;
import sluice.linux.abi.SysPoll;
import sluice.linux.libc.Errno;
import sluice.linux.libc.EventFd;
import sluice.linux.libc.InterruptHook;
import sluice.linux.libc.Libc;
import sluice.linux.libc.Timeout;
import sluice.linux.socket.Events;
import sluice.linux.socket.LinuxSource;
import sluice.spi.BackendProvider;
import sluice.spi.Durations;
import sluice.spi.PollerBase;

/// A poller on epoll, level-triggered.
///
/// The kernel's data of an entry is a slot and its generation, so an event that was fetched before
/// its source was closed never reaches the next owner of the slot, or of the descriptor's number.
/// Closing a source takes it out of the epoll set by itself, because no duplicate of a descriptor
/// exists. What epoll cannot watch so, or not at all, goes through `ppoll`: see [PollList].
public final class EpollPoller<A> extends PollerBase<A> {
  /// Taken per wait. More would thrash the cache; the kernel rotates, so none is starved.
  private static final int EVENTS = 512;

  private static final int EVENTS_MAX = 1 << 16;

  private static final long WAKE = -1;

  private final Arena arena = Arena.ofShared(); // closed by whoever leaves last
  private final MemorySegment event = arena.allocate(EpollEvent.LAYOUT);
  private final Timeout timeout = new Timeout(arena);
  private final InterruptHook interrupts = new InterruptHook(this::wake);
  private final int epfd;
  private final EventFd wake;

  private final PollList<Registration<A>> polled;
  private final List<PollList.Entry<Registration<A>>> polledReady = new ArrayList<>();

  private int eventsMax = EVENTS;
  private MemorySegment events = arena.allocate(EpollEvent.LAYOUT, eventsMax);
  private @Nullable Registration<A>[] slots = newArray(64);
  private int[] generations = new int[64];
  private int[] free = new int[64];
  private int freeCount;
  private int used;
  private boolean full;
  private boolean pwait2 = Libc.hasEpollPwait2();

  /// Opens one.
  public EpollPoller(BackendProvider backend) throws IOException {
    super(backend);
    epfd = Libc.epoll_create1(SysEpoll.EPOLL_CLOEXEC);
    if (epfd < 0) {
      arena.close();
      throw Errno.exception("epoll_create1", epfd);
    }
    EventFd opened = null;
    try {
      opened = new EventFd();
      // Edge-triggered: each signal is a new event, and nobody has to read the counter.
      control(SysEpoll.EPOLL_CTL_ADD, opened.fd(), SysEpoll.EPOLLIN | SysEpoll.EPOLLET, WAKE);
    } catch (IOException e) {
      if (opened != null) {
        opened.close();
      }
      int _ = Libc.close(epfd);
      arena.close();
      throw e;
    }
    wake = opened;
    polled = new PollList<>(arena, epfd);
  }

  @SuppressWarnings("unchecked") // arrays of generics cannot be made otherwise
  private static <A> @Nullable Registration<A>[] newArray(int length) {
    return (@Nullable Registration<A>[]) new @Nullable Registration<?>[length];
  }

  private void control(int operation, int fd, int wanted, long data) throws IOException {
    EpollEvent.set(event, wanted, data);
    int result = Libc.epoll_ctl(epfd, operation, fd, event);
    if (result < 0) {
      throw Errno.exception("epoll_ctl", result);
    }
  }

  @Override
  protected void add(Registration<A> registration) throws IOException {
    LinuxSource source = (LinuxSource) registration.source();
    int events = Events.ofInterest(registration.interest());
    if (source.isBorrowed() || !addToSet(registration, source.fd(), events)) {
      registration.key(polled.add(source.fd(), events, registration));
    }
  }

  /// Returns false if epoll refuses the descriptor: a file or a directory.
  private boolean addToSet(Registration<A> registration, int fd, int events) throws IOException {
    int index = freeCount > 0 ? free[--freeCount] : fresh();
    EpollEvent.set(event, events, data(index));
    int result = Libc.epoll_ctl(epfd, SysEpoll.EPOLL_CTL_ADD, fd, event);
    if (result < 0) {
      free[freeCount++] = index;
      if (result == -ErrnoH.EPERM) {
        return false;
      }
      throw Errno.exception("epoll_ctl", result);
    }
    registration.index(index);
    slots[index] = registration;
    return true;
  }

  private int fresh() {
    if (used == slots.length) {
      slots = Arrays.copyOf(slots, used * 2);
      generations = Arrays.copyOf(generations, used * 2);
      free = Arrays.copyOf(free, used * 2);
    }
    return used++;
  }

  private long data(int index) {
    return (long) generations[index] << 32 | index;
  }

  /// Returns its place in the list that goes through `ppoll`, or null if it is in the set.
  @SuppressWarnings("unchecked") // only add() makes keys
  private PollList.@Nullable Entry<Registration<A>> polledEntry(Registration<A> registration) {
    return registration.key() instanceof PollList.Entry<?> entry
        ? (PollList.Entry<Registration<A>>) entry
        : null;
  }

  private static int fd(Registration<?> registration) {
    return ((LinuxSource) registration.source()).fd();
  }

  @Override
  protected void change(Registration<A> registration) throws IOException {
    int events = Events.ofInterest(registration.interest());
    PollList.Entry<Registration<A>> entry = polledEntry(registration);
    if (entry != null) {
      polled.change(entry, events);
      return;
    }
    control(SysEpoll.EPOLL_CTL_MOD, fd(registration), events, data(registration.index()));
  }

  @Override
  protected void remove(Registration<A> registration) throws IOException {
    PollList.Entry<Registration<A>> entry = polledEntry(registration);
    if (entry != null) {
      polled.remove(entry);
      return;
    }
    int index = registration.index();
    slots[index] = null;
    generations[index] = generations[index] + 1 & Integer.MAX_VALUE;
    free[freeCount++] = index;
    // A closed source's number may be another's already.
    if (registration.source().isOpen()) {
      int result = Libc.epoll_ctl(epfd, SysEpoll.EPOLL_CTL_DEL, fd(registration), event);
      if (result < 0 && result != -ErrnoH.ENOENT && result != -ErrnoH.EBADF) {
        throw Errno.exception("epoll_ctl", result);
      }
    }
  }

  @Override
  protected int await(long timeoutNanos, ReadyHandler<? super A> handler) throws IOException {
    if (!polled.isEmpty()) {
      return awaitBoth(timeoutNanos, handler);
    }
    int count = timeoutNanos == 0 ? epollWait(0) : epollWaitInterruptibly(timeoutNanos);
    return tell(count, handler);
  }

  private int tell(int count, ReadyHandler<? super A> handler) throws IOException {
    awoke();
    full = count == eventsMax;
    if (count < 0) {
      if (count == -ErrnoH.EINTR) {
        return 0;
      }
      throw Errno.exception("epoll_wait", count);
    }
    int told = 0;
    for (int i = 0; i < count; i++) {
      long data = EpollEvent.data(events, i);
      Registration<A> registration = data == WAKE ? null : registration(data);
      if (registration != null) {
        told += dispatch(registration, Events.toReadiness(EpollEvent.events(events, i)), handler);
      }
    }
    return told;
  }

  /// Waits for the set and for what goes through `ppoll`.
  private int awaitBoth(long timeoutNanos, ReadyHandler<? super A> handler) throws IOException {
    int count = timeoutNanos == 0 ? polled.poll(0) : pollInterruptibly(timeoutNanos);
    awoke();
    if (count < 0) {
      if (count == -ErrnoH.EINTR) {
        return 0;
      }
      throw Errno.exception("ppoll", count);
    }
    polledReady.clear();
    polled.collect(polledReady); // first: a handler may unregister, which moves entries
    int[] events = new int[polledReady.size()];
    for (int i = 0; i < events.length; i++) {
      events[i] = polled.events(polledReady.get(i));
    }
    full = false;
    int told = polled.isEpollReady() ? tell(epollWait(0), handler) : 0;
    for (int i = 0; i < events.length; i++) {
      Registration<A> registration = polledReady.get(i).item;
      // A number that is no descriptor any more is ready for everything: the next call fails.
      int readiness =
          (events[i] & SysPoll.POLLNVAL) != 0
              ? registration.interest() | Events.toReadiness(SysPoll.POLLERR)
              : Events.toReadiness(events[i]);
      told += dispatch(registration, readiness, handler);
    }
    return told;
  }

  private int pollInterruptibly(long timeoutNanos) throws IOException {
    if (Thread.currentThread().isVirtual()) {
      int count = polled.poll(0);
      if (count != 0) {
        return count;
      }
      polled.park(timeoutNanos);
      return polled.poll(0);
    }
    interrupts.enter();
    try {
      return polled.poll(timeoutNanos);
    } finally {
      interrupts.leave();
    }
  }

  private int epollWaitInterruptibly(long timeoutNanos) throws IOException {
    if (Thread.currentThread().isVirtual()) {
      int count = epollWait(0);
      if (count != 0) {
        return count;
      }
      Waiter.get().await(epfd, timeoutNanos);
      return epollWait(0);
    }
    interrupts.enter();
    try {
      return epollWait(timeoutNanos);
    } finally {
      interrupts.leave();
    }
  }

  private @Nullable Registration<A> registration(long data) {
    int index = (int) data;
    return generations[index] == (int) (data >>> 32) ? slots[index] : null;
  }

  private int epollWait(long timeoutNanos) {
    if (timeoutNanos == 0 || timeoutNanos == Durations.FOREVER) {
      return Libc.epoll_wait(epfd, events, eventsMax, timeoutNanos == 0 ? 0 : -1);
    }
    if (pwait2) {
      int count = Libc.epoll_pwait2(epfd, events, eventsMax, timeout.of(timeoutNanos));
      if (count != -ErrnoH.ENOSYS) {
        return count;
      }
      pwait2 = false; // before Linux 5.11
    }
    return Libc.epoll_wait(
        epfd, events, eventsMax, Durations.ceilMillis(timeoutNanos, Integer.MAX_VALUE));
  }

  @Override
  public boolean hasMore() {
    return full;
  }

  @Override
  public void takeMore() {
    if (eventsMax < EVENTS_MAX) {
      eventsMax *= 2;
      events = arena.allocate(EpollEvent.LAYOUT, eventsMax);
    }
  }

  @Override
  protected void wake() {
    wake.signal();
  }

  @Override
  protected void free() {
    int _ = Libc.close(epfd);
    wake.close();
    arena.close();
  }
}
