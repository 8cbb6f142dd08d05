package sluice.linux.uring;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.IoUring;
import sluice.linux.abi.IoUringParams;
import sluice.linux.abi.IoUringProbeOp;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.linux.libc.LibcUring;
import sluice.linux.socket.LinuxStream;
import sluice.spi.BackendProvider;
import sluice.spi.Capability;
import sluice.spi.Chunk;
import sluice.spi.Driver;
import sluice.spi.Host;

/// What the rings of this kernel can do, tried rather than concluded from its version.
///
/// @param features what they can do; null if they cannot be used
/// @param refusal why they cannot, or null
public record Rings(@Nullable RingFeatures features, @Nullable String refusal) {
  private static final Path DISABLED = Path.of("/proc/sys/kernel/io_uring_disabled");

  private static final int BASE = IoUring.IORING_SETUP_CQSIZE | IoUring.IORING_SETUP_SUBMIT_ALL;

  /// Best first: since Linux 6.1, since 5.19.
  private static final int[] SETUP_FLAGS = {
    BASE | IoUring.IORING_SETUP_SINGLE_ISSUER | IoUring.IORING_SETUP_DEFER_TASKRUN,
    BASE | IoUring.IORING_SETUP_COOP_TASKRUN
  };

  private static final int NEEDED_FEATURES =
      IoUring.IORING_FEAT_SINGLE_MMAP | IoUring.IORING_FEAT_NODROP | IoUring.IORING_FEAT_EXT_ARG;

  private static final int[] NEEDED_OPERATIONS = {
    IoUring.IORING_OP_POLL_ADD,
    IoUring.IORING_OP_ACCEPT,
    IoUring.IORING_OP_ASYNC_CANCEL,
    IoUring.IORING_OP_SEND,
    IoUring.IORING_OP_RECV
  };

  private static final int OPERATIONS = 64;
  private static final RingSize TRIAL_SIZE = new RingSize(4, 8, 4);
  private static final int TRIAL_BYTES = 8;
  private static final long TRIAL_NANOS = 1_000_000_000;

  /// Tries. Nothing is left open.
  public static Rings probe(BackendProvider backend) {
    try (Arena arena = Arena.ofConfined()) {
      int setupFlags = setupFlags(arena);
      try {
        exercise(backend, new RingFeatures(setupFlags, true));
        return new Rings(new RingFeatures(setupFlags, true), null);
      } catch (Unsupported _) {
        RingFeatures features = new RingFeatures(setupFlags, false);
        exercise(backend, features);
        return new Rings(features, null);
      }
    } catch (IOException e) {
      return new Rings(null, e.getMessage() + hint());
    }
  }

  /// The kernel does not know a way of receiving.
  private static final class Unsupported extends IOException {
    private static final long serialVersionUID = 1;

    Unsupported(String message) {
      super(message);
    }
  }

  /// An administrator may have switched it off; a container's filter leaves no trace.
  private static String hint() {
    try {
      String value = Files.readString(DISABLED).strip();
      return value.equals("0") ? "" : " (kernel.io_uring_disabled=" + value + ")";
    } catch (IOException _) {
      return "";
    }
  }

  private static int setupFlags(Arena arena) throws IOException {
    MemorySegment params = arena.allocate(IoUringParams.LAYOUT);
    int result = -ErrnoH.EINVAL;
    for (int flags : SETUP_FLAGS) {
      IoUringParams.set(params, flags, 2);
      result = LibcUring.io_uring_setup(1, params);
      if (result >= 0) {
        try {
          requireKnown(arena, params, result);
        } finally {
          int _ = Libc.close(result);
        }
        return flags;
      }
      if (result != -ErrnoH.EINVAL) {
        break;
      }
    }
    throw Errno.exception("io_uring_setup", result);
  }

  private static void requireKnown(Arena arena, MemorySegment params, int fd) throws IOException {
    if ((IoUringParams.features(params) & NEEDED_FEATURES) != NEEDED_FEATURES) {
      throw new IOException("io_uring_setup: the kernel lacks features, Linux 5.19 has them");
    }
    MemorySegment probe = arena.allocate(IoUringProbeOp.probeBytes(OPERATIONS));
    int result = LibcUring.io_uring_register(fd, IoUring.IORING_REGISTER_PROBE, probe, OPERATIONS);
    if (result < 0) {
      throw Errno.exception("io_uring_register(PROBE)", result);
    }
    for (int operation : NEEDED_OPERATIONS) {
      if (!IoUringProbeOp.isKnown(probe, operation)) {
        throw new IOException("io_uring: the kernel lacks operation " + operation);
      }
    }
  }

  /// Sends and receives between two sockets, with what the driver uses: a ring may be set up and
  /// still refuse to be entered.
  private static void exercise(BackendProvider backend, RingFeatures features) throws IOException {
    try (Arena arena = Arena.ofConfined();
        Ring ring = new KernelRing(backend.host(), features, TRIAL_SIZE)) {
      MemorySegment pair = arena.allocate(JAVA_INT, 2);
      int result = Libc.socketpair(SysSocket.AF_UNIX, SysSocket.SOCK_STREAM, 0, pair);
      if (result < 0) {
        throw Errno.exception("socketpair", result);
      }
      try (LinuxStream a = stream(backend, pair.getAtIndex(JAVA_INT, 0));
          LinuxStream b = stream(backend, pair.getAtIndex(JAVA_INT, 1))) {
        Chunk data = new Chunk(ByteBuffer.allocateDirect(TRIAL_BYTES), _ -> {}, 0);
        ring.send(0, a, data);
        await(ring, "send", TRIAL_BYTES);
        ring.receive(1, b, TRIAL_BYTES);
        await(ring, "receive", TRIAL_BYTES);
        if (ring.hasMore()) {
          throw new Unsupported("io_uring: the kernel ignores the bound of a receive");
        }
      }
    }
  }

  private static LinuxStream stream(BackendProvider backend, int fd) {
    return LinuxStream.ofAccepted(backend, fd, false, null);
  }

  private static void await(Ring ring, String what, int expected) throws IOException {
    if (ring.enter(TRIAL_NANOS) < 0) {
      IOException failure = ring.failure();
      throw failure != null ? failure : new IOException("io_uring_enter failed");
    }
    if (!ring.next()) {
      throw new IOException("io_uring: " + what + " does not complete");
    }
    if (ring.result() == -ErrnoH.EINVAL) {
      throw new Unsupported("io_uring: " + what + ": EINVAL");
    }
    if (ring.result() != expected) {
      throw new IOException("io_uring: " + what + " gives " + ring.result());
    }
  }

  /// Returns what of it is used, if there is no refusal.
  public List<Capability> capabilities() {
    RingFeatures usable = Objects.requireNonNull(features, "refused");
    boolean deferred = (usable.setupFlags() & IoUring.IORING_SETUP_DEFER_TASKRUN) != 0;
    return List.of(
        Capability.used("rings, multishot accept, provided buffers", "Linux 5.19"),
        new Capability(
            "cooperative task work",
            "Linux 5.19",
            true,
            !deferred,
            deferred ? "deferred task work is better, and is used" : null),
        Capability.ofPresence(
            "one issuer, deferred task work",
            "Linux 6.1",
            deferred,
            "io_uring_setup says EINVAL: completions come between turns, too"),
        Capability.ofPresence(
            "receives that go on up to a bound",
            "Linux 6.17",
            usable.boundedReceive(),
            "the kernel ignores or refuses the bound: each request receives once"));
  }

  /// Opens a driver on the calling thread, if there is no refusal.
  public Driver openDriver(Host host) throws IOException {
    RingFeatures usable = Objects.requireNonNull(features, "refused");
    return new UringDriver(host, new KernelRing(host, usable, RingSize.OF_LOOP));
  }
}
