package sluice.linux.socket;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.linux.abi.ErrnoH;
import sluice.linux.abi.SysSocket;
import sluice.linux.libc.Errno;
import sluice.linux.libc.Libc;
import sluice.linux.libc.SocketAddresses;
import sluice.spi.Addresses;
import sluice.spi.ListenerBase;
import sluice.spi.PeerWatch;
import sluice.spi.SocketFile;
import sluice.spi.StreamBase;

/// A listening socket.
public final class LinuxListener extends ListenerBase implements LinuxSource {
  private final int fd;
  private final boolean tcp;
  private final @Nullable SocketFile file;
  private final SocketAddress local;
  private final Arena arena = Arena.ofShared(); // closed by the last user, whoever that is
  private final SocketAddresses.Space peer = new SocketAddresses.Space(arena);
  private int error;

  /// Takes over a listening descriptor; on failure it stays the caller's.
  ///
  /// @param file its file, null if it is TCP
  public LinuxListener(Backend backend, int fd, @Nullable SocketFile file) throws IOException {
    super(backend);
    this.fd = fd;
    this.tcp = file == null;
    this.file = file;
    local =
        SocketAddresses.query(
            "getsockname", (address, length) -> Libc.getsockname(fd, address, length));
  }

  /// The peer's address is asked for with the connection: a reset one has none any more.
  @Override
  protected @Nullable StreamBase doAccept() {
    int accepted;
    do { // O_NONBLOCK is not inherited
      accepted =
          Libc.accept4(
              fd, peer.address(), peer.length(), SysSocket.SOCK_NONBLOCK | SysSocket.SOCK_CLOEXEC);
    } while (accepted == -ErrnoH.EINTR);
    return accepted < 0 ? failed(accepted) : connection(accepted, true);
  }

  private @Nullable StreamBase failed(int negated) {
    error = negated;
    return noConnection(Errno.acceptStatus(negated));
  }

  /// Returns the connection of an accepted descriptor.
  ///
  /// @param named whether the peer's address is known
  private StreamBase connection(int accepted, boolean named) {
    return LinuxStream.ofAccepted(backend(), accepted, tcp, named ? peer : null);
  }

  /// All accepts of a ring would share the memory of one address, so the address is asked for; a
  /// connection that was reset meanwhile has none any more.
  @Override
  public @Nullable StreamBase completeAccept(int result) {
    if (result < 0) {
      return failed(result);
    }
    return connection(result, Libc.getpeername(result, peer.address(), peer.length()) >= 0);
  }

  @Override
  protected void doWatchPeers(PeerWatch watch) {
    if (tcp) {
      SocketOptions.watchPeer(fd, watch);
    }
  }

  @Override
  public int fd() {
    return fd;
  }

  @Override
  public SocketAddress localAddress() throws IOException {
    requireOpen();
    return local;
  }

  @Override
  public @Nullable IOException failure() {
    return error == 0 ? null : Errno.exception("accept4", error);
  }

  @Override
  protected void freeListener() {
    if (file != null) {
      file.remove();
    }
    int _ = Libc.close(fd);
    arena.close();
  }

  @Override
  public String toString() {
    return "Listener[" + backend().name() + " " + Addresses.format(local) + "]";
  }
}
