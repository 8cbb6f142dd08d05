package sluice.linux.socket;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Libc;
import sluice.linux.libc.SocketAddresses;
import sluice.spi.Peer;
import sluice.spi.Status;
import sluice.spi.UdpBase;

/// A UDP socket.
///
/// `IP_RECVERR` is not set: with it, errors wait in a queue of their own, which nobody would empty
/// ([ip(7)](https://man7.org/linux/man-pages/man7/ip.7.html)).
public final class LinuxUdp extends UdpBase implements LinuxSource {
  private final int fd;
  private final Arena arena = Arena.ofShared(); // closed by the last user, whoever that is
  private final PeerSpace space;
  private final DatagramSpace datagram = new DatagramSpace();
  private final Peer sender = new Peer();
  private final Peer bound;
  private final SocketErrors errors = new SocketErrors();

  private LinuxUdp(Backend backend, int fd, SocketAddress bound, boolean ipv4) {
    super(backend, backend.name() + " fd " + fd, bound, ipv4);
    this.fd = fd;
    this.bound = Peer.of(bound);
    space = new PeerSpace(arena, ipv4);
  }

  /// Takes over the descriptor of a bound socket; on failure it stays the caller's.
  public static LinuxUdp ofBound(Backend backend, int fd, boolean ipv4) throws IOException {
    return new LinuxUdp(backend, fd, queryLocal("getsockname", fd), ipv4);
  }

  /// `MSG_TRUNC` makes the result the length of the datagram, however much of it was stored
  /// ([recv(2)](https://man7.org/linux/man-pages/man2/recv.2.html)).
  ///
  /// A connect leaves the datagrams of others in the queue. They end there: new ones do not come.
  @Override
  protected int doReceive(ByteBuffer dst, Peer from) {
    datagram.reserve(dst.remaining());
    MemorySegment memory = datagram.segment();
    int length;
    do {
      length =
          Libc.recvfrom(
              fd, memory, memory.byteSize(), SysSocket.MSG_TRUNC, space.address(), space.length());
      if (length >= 0) {
        space.get(sender);
      }
    } while (length == -ErrnoH.EINTR || (length >= 0 && !isWanted(sender)));
    if (length < 0) {
      return errors.note("recvfrom", length);
    }
    from.copyFrom(sender);
    datagram.take(dst, length);
    return length;
  }

  @Override
  protected int doSend(ByteBuffer src, @Nullable Peer to) {
    if (src.remaining() > DatagramSpace.BYTES_MAX) {
      return errors.note("sendto", -ErrnoH.EMSGSIZE); // as the kernel would
    }
    datagram.reserve(src.remaining());
    datagram.put(src);
    if (to != null) {
      space.set(to);
    }
    MemorySegment address = to == null ? MemorySegment.NULL : space.address();
    int addressBytes = to == null ? 0 : space.size();
    int result;
    do {
      result = Libc.sendto(fd, datagram.segment(), src.remaining(), 0, address, addressBytes);
    } while (result == -ErrnoH.EINTR);
    return result >= 0 ? result : errors.note("sendto", result);
  }

  @Override
  protected int doConnect(Peer peer) {
    space.set(peer);
    int result = Libc.connect(fd, space.address(), space.size());
    if (result >= 0) {
      result = Libc.getpeername(fd, space.address(), space.length());
    }
    if (result < 0) {
      return errors.note("connect", result);
    }
    space.get(peer);
    return Status.END;
  }

  @Override
  protected int doDisconnect() {
    space.setUnspecified();
    int result = Libc.connect(fd, space.address(), space.size());
    if (result >= 0) {
      int _ = SocketErrors.takePending(fd); // what the former peer's system has answered
      result = keepPort();
    }
    return result >= 0 ? Status.END : errors.note("disconnect", result);
  }

  /// An end of the connection takes the port of a socket that was bound to the port 0
  /// (`__udp_disconnect` in [udp.c](https://github.com/torvalds/linux/blob/v6.12/net/ipv4/udp.c)).
  private int keepPort() {
    int result = Libc.getsockname(fd, space.address(), space.length());
    if (result < 0) {
      return result;
    }
    space.get(sender);
    if (sender.port() != 0) {
      return result;
    }
    space.set(bound);
    return Libc.bind(fd, space.address(), space.size());
  }

  @Override
  public int fd() {
    return fd;
  }

  @Override
  protected SocketAddress doLocalAddress() throws IOException {
    return queryLocal("localAddress of " + this, fd);
  }

  private static SocketAddress queryLocal(String what, int fd) throws IOException {
    return SocketAddresses.query(what, (address, length) -> Libc.getsockname(fd, address, length));
  }

  @Override
  public @Nullable IOException failure() {
    return errors.last();
  }

  @Override
  protected void free() {
    int _ = Libc.close(fd);
    arena.close();
  }
}
