package sluice.linux.descriptor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.ClosedPollableException;
import sluice.Descriptor;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.Fcntl;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.linux.libc.LibcFiles;
import sluice.linux.socket.LinuxSource;
import sluice.spi.PollableBase;

/// A descriptor and how to use it.
public class LinuxDescriptor extends PollableBase implements Descriptor, LinuxSource {
  /// What passes through native memory in one call, if the caller's buffer is on the heap.
  private static final int HEAP_BYTES_MAX = 64 * 1024;

  /// Whose the number is.
  enum Owner {
    /// Sluice opened it, with `O_NONBLOCK`.
    OPENED,
    /// It was handed over.
    ADOPTED,
    /// It stays somebody else's.
    BORROWED
  }

  private final int fd;
  private final Owner owner;
  private final String kind;
  private @Nullable Access access;

  /// @param kind what to call it in messages
  LinuxDescriptor(Backend backend, int fd, Owner owner, String kind) {
    super(backend);
    this.fd = fd;
    this.owner = owner;
    this.kind = kind;
  }

  /// One that was opened with `O_NONBLOCK` just now.
  LinuxDescriptor(Backend backend, int fd, String kind) {
    this(backend, fd, Owner.OPENED, kind);
  }

  @Override
  public final int number() {
    return fd;
  }

  @Override
  public final int fd() {
    return fd;
  }

  @Override
  public final boolean isBorrowed() {
    return owner == Owner.BORROWED;
  }

  @Override
  public final boolean isTerminal() {
    if (!acquire()) {
      return false;
    }
    try {
      return LibcFiles.isatty(fd) == 1;
    } finally {
      release();
    }
  }

  @Override
  public final int read(ByteBuffer dst) throws IOException {
    requireOpen();
    if (dst.isReadOnly()) {
      throw new IllegalArgumentException("dst must be writable, but is read-only");
    }
    if (!dst.hasRemaining()) {
      return 0; // 0 from the kernel would mean the end
    }
    begin();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer =
          dst.isDirect() ? MemorySegment.ofBuffer(dst) : copyOf(arena, dst.remaining());
      int result = access().read(arena, buffer);
      if (result <= 0) {
        return ended(result) ? -1 : againOr(result, "read");
      }
      if (dst.isDirect()) {
        dst.position(dst.position() + result);
      } else {
        dst.put(buffer.asSlice(0, result).asByteBuffer());
      }
      return result;
    } finally {
      release();
    }
  }

  @Override
  public final int write(ByteBuffer src) throws IOException {
    requireOpen();
    if (!src.hasRemaining()) {
      return 0;
    }
    begin();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer;
      if (src.isDirect()) {
        buffer = MemorySegment.ofBuffer(src);
      } else {
        buffer = copyOf(arena, src.remaining());
        MemorySegment whole = MemorySegment.ofBuffer(src);
        MemorySegment.copy(whole, 0, buffer, 0, buffer.byteSize());
      }
      int result = access().write(arena, buffer);
      if (result < 0) {
        return againOr(result, "write");
      }
      src.position(src.position() + result);
      return result;
    } finally {
      release();
    }
  }

  private static MemorySegment copyOf(Arena arena, int bytes) {
    return arena.allocate(Math.min(bytes, HEAP_BYTES_MAX));
  }

  private Access access() {
    Access known = access;
    if (known == null) {
      access = known = owner == Owner.OPENED ? Access.ofNonBlocking(fd) : Access.of(fd);
    }
    return known;
  }

  /// EIO is how a terminal says that it has hung up
  /// ([read(2)](https://man7.org/linux/man-pages/man2/read.2.html)); a disk means it.
  private boolean ended(int result) {
    return result == 0 || (result == -ErrnoH.EIO && Access.isCharacterDevice(fd));
  }

  /// Returns 0 if the call would have waited, else throws what the system said.
  final int againOr(int negated, String call) throws IOException {
    if (negated == -ErrnoH.EAGAIN) {
      return 0;
    }
    throw failed(call, negated);
  }

  /// Returns the exception for a failed call on this descriptor.
  final IOException failed(String call, int negated) {
    if (negated == -ErrnoH.EBADF && isLost()) {
      return ClosedPollableException.ofNumber(this);
    }
    return Errno.exception(call + " on " + this, negated);
  }

  private boolean isLost() {
    return isBorrowed() && LibcFiles.fcntl(fd, Fcntl.F_GETFD, 0) < 0;
  }

  @Override
  public final void requireUsable() throws ClosedPollableException {
    if (isLost()) {
      throw ClosedPollableException.ofNumber(this);
    }
  }

  @Override
  public final @Nullable IOException failure() {
    return null; // its calls throw what the system said
  }

  @Override
  protected void free() {
    Access used = access;
    if (used != null) {
      used.close();
    }
    if (owner != Owner.BORROWED) {
      int _ = Libc.close(fd);
    }
  }

  @Override
  public final String toString() {
    return "Descriptor[" + backend().name() + " fd " + fd + " " + kind + "]";
  }
}
