package sluice.linux.socket;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.Linger;
import sluice.linux.abi.Sockios;
import sluice.linux.abi.SysPoll;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.linux.libc.PollOnce;
import sluice.linux.libc.SocketAddresses;
import sluice.spi.Addresses;
import sluice.spi.Chunk;
import sluice.spi.PeerWatch;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// A connected or connecting stream socket.
public final class LinuxStream extends StreamBase implements LinuxSource {
  /// A call on heap memory holds up the collector while the kernel copies.
  private static final int HEAP_BYTES_MAX = 64 * 1024;

  private final int fd;
  private final boolean tcp;

  /// The peer, if it is one of IPv4: an object for each of many idle connections would be large.
  private final long remoteIpv4;

  private @Nullable SocketAddress remote;
  private @Nullable SocketErrors errors;

  private LinuxStream(
      Backend backend,
      int fd,
      boolean tcp,
      boolean connected,
      long remoteIpv4,
      @Nullable SocketAddress remote) {
    super(backend, connected);
    this.fd = fd;
    this.tcp = tcp;
    this.remoteIpv4 = remoteIpv4;
    this.remote = remote;
  }

  /// Takes over the descriptor of an accepted connection.
  ///
  /// @param peer the address of its peer; null if it is not known
  public static LinuxStream ofAccepted(
      Backend backend, int fd, boolean tcp, SocketAddresses.@Nullable Space peer) {
    long ipv4 = peer == null ? 0 : peer.ipv4();
    return new LinuxStream(
        backend, fd, tcp, true, ipv4, peer == null || ipv4 != 0 ? null : peer.decode());
  }

  /// Takes over a descriptor that connects, or is connected already.
  public static LinuxStream ofConnecting(
      Backend backend, int fd, boolean tcp, boolean connected, SocketAddress remote) {
    return new LinuxStream(backend, fd, tcp, connected, 0, remote);
  }

  @Override
  protected int doReceive(ByteBuffer dst) {
    int result;
    do {
      result = Libc.recv(fd, segment(dst), 0);
    } while (result == -ErrnoH.EINTR);
    return moved(dst, result, "recv");
  }

  @Override
  protected int doSend(ByteBuffer src) {
    int result;
    do {
      result = Libc.send(fd, segment(src), SysSocket.MSG_NOSIGNAL);
    } while (result == -ErrnoH.EINTR);
    return moved(src, result, "send");
  }

  /// No object for each call, as [MemorySegment#ofBuffer] makes one.
  @Override
  protected int doReceive(Chunk dst) {
    ByteBuffer buffer = dst.buffer();
    int result;
    try {
      do {
        result = Libc.recv(fd, ChunkMemory.address(dst) + buffer.position(), buffer.remaining(), 0);
      } while (result == -ErrnoH.EINTR);
    } finally {
      Reference.reachabilityFence(dst);
    }
    return moved(buffer, result, "recv");
  }

  @Override
  protected int doSend(Chunk src) {
    ByteBuffer buffer = src.buffer();
    long address = ChunkMemory.address(src) + buffer.position();
    int result;
    try {
      do {
        result = Libc.send(fd, address, buffer.remaining(), SysSocket.MSG_NOSIGNAL);
      } while (result == -ErrnoH.EINTR);
    } finally {
      Reference.reachabilityFence(src);
    }
    return moved(buffer, result, "send");
  }

  private int moved(ByteBuffer buffer, int result, String call) {
    if (result > 0) {
      buffer.position(buffer.position() + result);
    }
    return result >= 0 ? result : failed(call, result);
  }

  @Override
  protected int statusOf(String call, int result) {
    return failed(call, result);
  }

  private int failed(String call, int result) {
    SocketErrors known = errors;
    if (known == null) {
      errors = known = new SocketErrors();
    }
    return known.note(call, result);
  }

  @Override
  public boolean isHungUp() {
    int events = PollOnce.look(fd, 0);
    return events > 0 && (events & SysPoll.POLLHUP) != 0;
  }

  @Override
  protected int doUnsentBytes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      return Libc.ioctl(fd, Sockios.SIOCOUTQ, value) < 0 ? -1 : value.get(JAVA_INT, 0);
    }
  }

  @Override
  protected void doLimitSendBuffer(int bytes) {
    SocketOptions.limitSendBuffer(fd, bytes);
  }

  @Override
  protected void doWatchPeer(PeerWatch watch) {
    if (tcp) {
      SocketOptions.watchPeer(fd, watch);
    }
  }

  private static MemorySegment segment(ByteBuffer buffer) {
    MemorySegment whole = MemorySegment.ofBuffer(buffer); // from its position to its limit
    return buffer.isDirect() || whole.byteSize() <= HEAP_BYTES_MAX
        ? whole
        : whole.asSlice(0, HEAP_BYTES_MAX);
  }

  /// Writable is not connected: SO_ERROR has the outcome, once, and only a peer's name proves it.
  @Override
  protected int doFinishConnect() {
    int outcome = SocketErrors.takePending(fd);
    if (outcome != 0) {
      return failed("connect", -outcome);
    }
    try {
      remote = queryRemote();
      return Status.END;
    } catch (IOException _) {
      return Status.AGAIN;
    }
  }

  @Override
  protected int doShutdownOutput() {
    int result = Libc.shutdown(fd, SysSocket.SHUT_WR);
    // Not connected any more: the peer's reset has ended this direction already.
    return result >= 0 || result == -ErrnoH.ENOTCONN ? Status.END : failed("shutdown", result);
  }

  @Override
  protected void doResetOnClose() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment linger = arena.allocate(Linger.LAYOUT);
      Linger.set(linger, true, 0);
      int _ = Libc.setsockopt(fd, SysSocket.SOL_SOCKET, SysSocket.SO_LINGER, linger);
    }
  }

  @Override
  public boolean sendUrgent(byte b) throws IOException {
    int result = urgent(b, true);
    if (result < 0 && result != -ErrnoH.EAGAIN) {
      throw Status.toException(
          Errno.status(result), "sendUrgent on " + this, Errno.exception("send", result));
    }
    return result >= 0;
  }

  @Override
  public int receiveUrgent() throws IOException {
    int result = urgent((byte) 0, false);
    if (result >= 0) {
      return result;
    }
    return switch (-result) {
      case ErrnoH.EINVAL, ErrnoH.EAGAIN -> -1; // none was announced; announced, not here yet
      default ->
          throw Status.toException(
              Errno.status(result), "receiveUrgent on " + this, Errno.exception("recv", result));
    };
  }

  private int urgent(byte b, boolean send) throws IOException {
    if (!tcp) {
      throw new UnsupportedOperationException("urgent data needs TCP, " + this + " is not");
    }
    requireOpen();
    if (!acquire()) {
      return -ErrnoH.EBADF;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocate(JAVA_BYTE);
      one.set(JAVA_BYTE, 0, b);
      if (send) {
        return Libc.send(fd, one, SysSocket.MSG_OOB | SysSocket.MSG_NOSIGNAL);
      }
      int result = Libc.recv(fd, one, SysSocket.MSG_OOB);
      return result > 0 ? one.get(JAVA_BYTE, 0) & 0xFF : result == 0 ? -ErrnoH.EINVAL : result;
    } finally {
      release();
    }
  }

  @Override
  public int fd() {
    return fd;
  }

  @Override
  public SocketAddress localAddress() throws IOException {
    begin();
    try {
      return SocketAddresses.query(
          "localAddress of " + this, (address, length) -> Libc.getsockname(fd, address, length));
    } finally {
      release();
    }
  }

  @Override
  public SocketAddress remoteAddress() throws IOException {
    requireOpen();
    SocketAddress known = isConnected() ? peer() : null;
    if (known == null) {
      begin();
      try {
        remote = known = queryRemote();
      } finally {
        release();
      }
    }
    return known;
  }

  @Override
  public @Nullable SocketAddress peer() {
    return remoteIpv4 != 0 ? SocketAddresses.ofIpv4(remoteIpv4) : remote;
  }

  private SocketAddress queryRemote() throws IOException {
    return SocketAddresses.query(
        "remoteAddress of " + this, (address, length) -> Libc.getpeername(fd, address, length));
  }

  @Override
  public @Nullable IOException failure() {
    SocketErrors known = errors;
    return known == null ? null : known.last();
  }

  @Override
  protected void free() {
    int _ = Libc.close(fd);
  }

  @Override
  public String toString() {
    SocketAddress known = peer();
    return "StreamSocket["
        + backend().name()
        + " fd "
        + fd
        + (known == null ? "" : " to " + Addresses.format(known))
        + "]";
  }
}
