package sluice.linux.uring;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import sluice.Pollable;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.IoUring;
import sluice.linux.abi.IoUringCqe;
import sluice.linux.abi.IoUringGeteventsArg;
import sluice.linux.abi.IoUringParams;
import sluice.linux.abi.IoUringSqe;
import sluice.linux.abi.SysMman;
import sluice.linux.abi.SysPoll;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Errno;
import sluice.linux.libc.EventFd;
import sluice.linux.libc.Libc;
import sluice.linux.libc.LibcUring;
import sluice.linux.libc.Timeout;
import sluice.linux.socket.ChunkMemory;
import sluice.linux.socket.Events;
import sluice.linux.socket.LinuxSource;
import sluice.spi.Chunk;
import sluice.spi.Host;
import sluice.spi.ListenerBase;
import sluice.spi.StreamBase;

/// A ring of the kernel's. Only the thread that opened it may use it, except [#wakeup].
///
/// See [io_uring(7)](https://man7.org/linux/man-pages/man7/io_uring.7.html).
final class KernelRing implements Ring {
  private static final long INT = Integer.BYTES;

  /// Requests whose completions are not told: cancels, and the poll of the wake-up descriptor.
  private static final long SILENT = -1;

  private static final long WAKE = -2;

  /// What to submit, if the queue has no room for it.
  private record Spilled(
      int operation, int fd, long address, int length, int flags, long id, int total) {}

  private final RingFeatures features;
  private final int fd;
  private final Arena arena = Arena.ofShared(); // the loop that ends it may have died elsewhere
  private final MemorySegment queues;
  private final MemorySegment entries;
  private final Timeout timeout = new Timeout(arena);
  private final MemorySegment argument = arena.allocate(IoUringGeteventsArg.LAYOUT);
  private final EventFd wake;
  private final Buffers buffers;
  private final ArrayDeque<Spilled> spilled = new ArrayDeque<>(0);

  // Where things are in `queues`.
  private final long submissionHead;
  private final long submissionTail;
  private final int submissionMask;
  private final int submissions;
  private final long completionHead;
  private final long completionTail;
  private final int completionMask;
  private final long completionEntries;

  /// By request.
  private final Map<Long, Exceptional> nested = new HashMap<>();

  /// What one of them has found for the current completion.
  private int exceptional;

  private int tail;
  private int submitted;
  private int head;
  private int seenTail;
  private long at;
  private boolean closed;
  private @Nullable IOException failure;

  /// Opens one on the thread that will use it.
  KernelRing(Host host, RingFeatures features, RingSize size) throws IOException {
    this.features = features;
    MemorySegment params = arena.allocate(IoUringParams.LAYOUT);
    IoUringParams.set(params, features.setupFlags(), size.completions());
    fd = LibcUring.io_uring_setup(size.submissions(), params);
    if (fd < 0) {
      arena.close();
      throw Errno.exception("io_uring_setup", fd);
    }
    submissions = IoUringParams.submissions(params);
    completionEntries = IoUringParams.completionOffset(params, "cqes");
    long completionsEnd =
        completionEntries + IoUringParams.completions(params) * IoUringCqe.LAYOUT.byteSize();
    long array = IoUringParams.submissionOffset(params, "array");
    MemorySegment mapped = null;
    EventFd opened = null;
    try {
      queues = mapped = map(Math.max(completionsEnd, array + submissions * INT), 0);
      entries = map(submissions * IoUringSqe.LAYOUT.byteSize(), IoUring.IORING_OFF_SQES);
      wake = opened = new EventFd();
      buffers = new Buffers(host, arena, size.buffers());
      int result = buffers.register(fd, arena);
      if (result < 0) {
        throw Errno.exception("io_uring_register(PBUF_RING)", result);
      }
    } catch (IOException e) {
      if (opened != null) {
        opened.close();
      }
      if (mapped != null) {
        int _ = LibcUring.munmap(mapped);
      }
      int _ = Libc.close(fd);
      arena.close();
      throw e;
    }
    submissionHead = IoUringParams.submissionOffset(params, "head");
    submissionTail = IoUringParams.submissionOffset(params, "tail");
    submissionMask = queues.get(JAVA_INT, IoUringParams.submissionOffset(params, "ring_mask"));
    completionHead = IoUringParams.completionOffset(params, "head");
    completionTail = IoUringParams.completionOffset(params, "tail");
    completionMask = queues.get(JAVA_INT, IoUringParams.completionOffset(params, "ring_mask"));
    for (int i = 0; i < submissions; i++) { // entries are used in the order of their places
      queues.set(JAVA_INT, array + i * INT, i);
    }
    watchWake();
  }

  private MemorySegment map(long bytes, long offset) throws IOException {
    return LibcUring.mmap(
        fd,
        offset,
        bytes,
        SysMman.PROT_READ | SysMman.PROT_WRITE,
        SysMman.MAP_SHARED | SysMman.MAP_POPULATE);
  }

  /// Each signal is a completion, as with an edge-triggered poller; nobody reads the counter.
  private void watchWake() {
    submit(
        IoUringSqe.operation(IoUring.IORING_OP_POLL_ADD, 0, 0),
        wake.fd(),
        0,
        IoUring.IORING_POLL_ADD_MULTI,
        SysPoll.POLLIN,
        WAKE,
        0);
  }

  // Submitting

  @Override
  public void accept(long id, ListenerBase listener) {
    submit(
        IoUringSqe.operation(IoUring.IORING_OP_ACCEPT, 0, IoUring.IORING_ACCEPT_MULTISHOT),
        ((LinuxSource) listener).fd(),
        0,
        0,
        SysSocket.SOCK_NONBLOCK | SysSocket.SOCK_CLOEXEC,
        id,
        0);
  }

  @Override
  public void receive(long id, StreamBase socket, int credit) {
    boolean many = features.boundedReceive();
    submit(
        IoUringSqe.operation(
            IoUring.IORING_OP_RECV,
            IoUring.IOSQE_BUFFER_SELECT,
            many ? IoUring.IORING_RECV_MULTISHOT : 0),
        ((LinuxSource) socket).fd(),
        0,
        0,
        0,
        id,
        many ? credit : 0);
  }

  @Override
  public void send(long id, StreamBase socket, Chunk data) {
    ByteBuffer bytes = data.buffer();
    submit(
        IoUringSqe.operation(IoUring.IORING_OP_SEND, 0, 0),
        ((LinuxSource) socket).fd(),
        ChunkMemory.address(data) + bytes.position(),
        bytes.remaining(),
        SysSocket.MSG_NOSIGNAL,
        id,
        0);
  }

  @Override
  public void poll(long id, Pollable source, int interest) {
    int target = ((LinuxSource) source).fd();
    int events = Events.ofInterest(interest);
    Exceptional set = (events & SysPoll.POLLPRI) != 0 ? Exceptional.open(target, events) : null;
    if (set == null) {
      pollFor(id, target, events);
    } else {
      nested.put(id, set);
      pollFor(id, set.fd(), SysPoll.POLLIN);
    }
  }

  private void pollFor(long id, int target, int events) {
    submit(IoUringSqe.operation(IoUring.IORING_OP_POLL_ADD, 0, 0), target, 0, 0, events, id, 0);
  }

  @Override
  public void cancel(long target) {
    submit(IoUringSqe.operation(IoUring.IORING_OP_ASYNC_CANCEL, 0, 0), -1, target, 0, 0, SILENT, 0);
  }

  @Override
  public void cancelAll() {
    submit(
        IoUringSqe.operation(IoUring.IORING_OP_ASYNC_CANCEL, 0, 0),
        -1,
        0,
        0,
        IoUring.IORING_ASYNC_CANCEL_ANY | IoUring.IORING_ASYNC_CANCEL_ALL,
        SILENT,
        0);
  }

  /// Without room the kernel is asked to take what there is; if it does not take any, because too
  /// many completions wait to be seen, the rest waits here.
  private void submit(
      int operation, int target, long address, int length, int flags, long id, int total) {
    if (spilled.isEmpty() && (hasRoom() || (call(0, 0) >= 0 && hasRoom()))) {
      put(operation, target, address, length, flags, id, total);
    } else {
      spilled.add(new Spilled(operation, target, address, length, flags, id, total));
    }
  }

  private boolean hasRoom() {
    return tail - Ordered.acquire(queues, submissionHead) < submissions;
  }

  private void put(
      int operation, int target, long address, int length, int flags, long id, int total) {
    int index = tail & submissionMask;
    IoUringSqe.set(entries, index, operation, target, address, length, flags, id);
    if (total > 0) {
      IoUringSqe.setTotal(entries, index, total);
    }
    tail++;
  }

  private void unspill() {
    while (!spilled.isEmpty() && hasRoom()) {
      Spilled s = spilled.remove();
      put(s.operation, s.fd, s.address, s.length, s.flags, s.id, s.total);
    }
  }

  @Override
  public int enter(long timeoutNanos) {
    unspill();
    boolean wait = timeoutNanos > 0 && spilled.isEmpty();
    if (wait) {
      IoUringGeteventsArg.setTimeout(argument, timeout.of(timeoutNanos).address());
    }
    int result = call(wait ? 1 : 0, IoUring.IORING_ENTER_GETEVENTS);
    return switch (-result) {
      // Interrupted, over, or too much waits to be seen: the caller sees it and comes back.
      case ErrnoH.EINTR, ErrnoH.ETIME, ErrnoH.EAGAIN, ErrnoH.EBUSY -> 0;
      default -> {
        if (result >= 0) {
          yield 0;
        }
        failure = Errno.exception("io_uring_enter", result);
        yield BROKEN;
      }
    };
  }

  private int call(int minComplete, int flags) {
    buffers.publish();
    Ordered.release(queues, submissionTail, tail);
    int result =
        minComplete == 0
            ? LibcUring.io_uring_enter(fd, tail - submitted, 0, flags, MemorySegment.NULL, 0)
            : LibcUring.io_uring_enter(
                fd,
                tail - submitted,
                minComplete,
                flags | IoUring.IORING_ENTER_EXT_ARG,
                argument,
                argument.byteSize());
    submitted = Ordered.acquire(queues, submissionHead); // also after a failure that took some
    return result;
  }

  @Override
  public void wakeup() {
    wake.signal();
  }

  // Completions

  @Override
  public boolean next() {
    while (true) {
      if (head == seenTail) {
        Ordered.release(queues, completionHead, head);
        seenTail = Ordered.acquire(queues, completionTail);
        if (head == seenTail) {
          return false;
        }
      }
      at = completionEntries + (head++ & completionMask) * IoUringCqe.LAYOUT.byteSize();
      long id = id();
      if (id == WAKE && !hasMore()) {
        watchWake();
      }
      exceptional = 0;
      if (id != WAKE && id != SILENT && (nested.isEmpty() || !isEarly(id))) {
        return true;
      }
    }
  }

  /// Takes what an [Exceptional] has found, if that is what the completion is about. Tells whether
  /// it is nothing, and goes on waiting.
  private boolean isEarly(long id) {
    Exceptional set = nested.get(id);
    if (set == null) {
      return false;
    }
    exceptional = result() < 0 ? 0 : set.events();
    if (result() >= 0 && exceptional == 0) {
      pollFor(id, set.fd(), SysPoll.POLLIN);
      return true;
    }
    nested.remove(id);
    set.close();
    return false;
  }

  @Override
  public long id() {
    return IoUringCqe.userData(queues, at);
  }

  @Override
  public int result() {
    return exceptional != 0 ? exceptional : IoUringCqe.result(queues, at);
  }

  @Override
  public boolean hasMore() {
    return (flags() & IoUring.IORING_CQE_F_MORE) != 0;
  }

  private int flags() {
    return IoUringCqe.flags(queues, at);
  }

  @Override
  public int status(int result) {
    return Errno.status(result);
  }

  @Override
  public int readiness() {
    return Events.toReadiness(result());
  }

  @Override
  public @Nullable Chunk buffer() {
    int flags = flags();
    return (flags & IoUring.IORING_CQE_F_BUFFER) != 0
        ? buffers.take(flags >>> IoUring.IORING_CQE_BUFFER_SHIFT)
        : null;
  }

  @Override
  public boolean hasBuffers() {
    return buffers.areLeft();
  }

  @Override
  public void discard(int accepted) {
    int _ = Libc.close(accepted);
  }

  @Override
  public @Nullable IOException failure() {
    return failure;
  }

  /// All requests must have ended.
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    wake.close();
    nested.values().forEach(Exceptional::close);
    int _ = LibcUring.munmap(queues);
    int _ = LibcUring.munmap(entries);
    int _ = Libc.close(fd);
    buffers.close();
    arena.close();
  }
}
