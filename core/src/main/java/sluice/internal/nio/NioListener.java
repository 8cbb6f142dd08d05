package sluice.internal.nio;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.InvalidPathException;
import org.jspecify.annotations.Nullable;
import sluice.spi.ListenerBase;
import sluice.spi.PeerWatch;
import sluice.spi.SocketFile;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// A listener on a `ServerSocketChannel`.
final class NioListener extends ListenerBase implements NioSource {
  private final ServerSocketChannel channel;
  private final SocketAddress local;
  private final @Nullable SocketFile file;
  private @Nullable PeerWatch watch;
  private @Nullable IOException failure;

  NioListener(NioBackend backend, ServerSocketChannel channel, @Nullable SocketFile file)
      throws IOException {
    super(backend);
    this.channel = channel;
    this.file = file;
    local = channel.getLocalAddress();
  }

  @Override
  protected @Nullable StreamBase doAccept() {
    SocketChannel accepted = null;
    try {
      accepted = channel.accept();
      if (accepted == null) {
        return noConnection(Status.AGAIN);
      }
      NioStream stream = NioStream.ofConnected((NioBackend) backend(), accepted);
      if (watch != null) {
        stream.watchPeer(watch);
      }
      return stream;
    } catch (IOException e) {
      NioBackend.closeQuietly(accepted);
      failure = e;
      return noConnection(accepted == null ? NioStatus.ofAccept(e) : Status.RESET);
    } catch (InvalidPathException _) {
      // The peer is bound to a path whose name cannot be written here; the JDK has dropped it.
      return noConnection(Status.RESET);
    }
  }

  @Override
  protected void doWatchPeers(PeerWatch wanted) {
    watch = wanted;
  }

  @Override
  public SelectableChannel channel() {
    return channel;
  }

  @Override
  public int operations(int interest) {
    return (interest & 1) != 0 ? SelectionKey.OP_ACCEPT : 0;
  }

  @Override
  public SocketAddress localAddress() throws IOException {
    requireOpen();
    return local;
  }

  @Override
  public @Nullable IOException failure() {
    return failure;
  }

  @Override
  protected void freeListener() {
    if (file != null) {
      file.remove();
    }
    NioBackend.closeQuietly(channel);
  }

  @Override
  public String toString() {
    return "Listener[nio " + local + "]";
  }
}
