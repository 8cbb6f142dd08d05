package sluice.internal.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import sluice.spi.PeerWatch;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// A stream socket on a `SocketChannel`.
final class NioStream extends StreamBase implements NioSource {
  /// Other negative results are the JDK's own: -3 is an interrupted call, which its non-blocking
  /// channels hand on
  /// ([IOStatus](https://github.com/openjdk/jdk/blob/jdk-25-ga/src/java.base/share/classes/sun/nio/ch/IOStatus.java)).
  private static final int END_OF_STREAM = -1;

  private final SocketChannel channel;
  private final @Nullable SocketAddress remote;
  private @Nullable IOException failure;

  private NioStream(
      NioBackend backend,
      SocketChannel channel,
      @Nullable SocketAddress remote,
      boolean connected) {
    super(backend, connected);
    this.channel = channel;
    this.remote = remote;
  }

  static NioStream ofConnected(NioBackend backend, SocketChannel channel) throws IOException {
    channel.configureBlocking(false);
    SocketAddress remote = null;
    try {
      remote = channel.getRemoteAddress();
    } catch (ClosedChannelException _) {
      // reset before it was accepted; reading tells
    }
    if (remote instanceof InetSocketAddress) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }
    return new NioStream(backend, channel, remote, true);
  }

  static NioStream ofConnecting(
      NioBackend backend, SocketChannel channel, SocketAddress remote, boolean connected) {
    return new NioStream(backend, channel, remote, connected);
  }

  @Override
  protected int doReceive(ByteBuffer dst) {
    try {
      int count = channel.read(dst);
      if (count > 0) {
        return count;
      }
      return count == END_OF_STREAM ? Status.END : Status.AGAIN;
    } catch (Exception e) {
      return failed(e);
    }
  }

  @Override
  protected int doSend(ByteBuffer src) {
    try {
      int count = channel.write(src);
      return count > 0 ? count : Status.AGAIN;
    } catch (Exception e) {
      return failed(e);
    }
  }

  @Override
  protected int doFinishConnect() {
    try {
      return channel.finishConnect() ? Status.END : Status.AGAIN;
    } catch (Exception e) {
      return failed(e);
    }
  }

  @Override
  protected int doShutdownOutput() {
    try {
      channel.shutdownOutput();
      return Status.END;
    } catch (Exception e) {
      return failed(e);
    }
  }

  @Override
  protected void doLimitSendBuffer(int bytes) {
    try {
      channel.setOption(StandardSocketOptions.SO_SNDBUF, bytes);
    } catch (IOException e) {
      failure = e; // it is closed
    }
  }

  @Override
  protected void doWatchPeer(PeerWatch watch) {
    try {
      if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
        channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, watch.idleSeconds());
        channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, watch.intervalSeconds());
        channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, watch.probes());
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      }
    } catch (IOException e) {
      failure = e; // it is reset or closed, which reading tells
    }
  }

  @Override
  protected void doResetOnClose() {
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException | UnsupportedOperationException _) {
      // a Unix-domain socket, or closed under us: closing is all there is
    }
  }

  private int failed(Exception e) {
    int status = NioStatus.of(e);
    failure = e instanceof IOException io ? io : new IOException(e);
    return status;
  }

  @Override
  public boolean sendUrgent(byte b) throws IOException {
    requireOpen();
    requireTcp();
    try {
      channel.socket().sendUrgentData(b);
      return true;
    } catch (IOException e) {
      if ("Socket buffer full".equals(e.getMessage())) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public int receiveUrgent() {
    throw new UnsupportedOperationException(
        "the backend nio cannot receive urgent data: java.nio has no call for it; use epoll");
  }

  private void requireTcp() {
    if (!(remote instanceof InetSocketAddress)) {
      throw new UnsupportedOperationException("urgent data needs TCP, " + this + " is not");
    }
  }

  @Override
  public SelectableChannel channel() {
    return channel;
  }

  @Override
  public int operations(int interest) {
    int operations = (interest & 1) != 0 ? SelectionKey.OP_READ : 0;
    if ((interest & 2) != 0) {
      operations |= channel.isConnected() ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT;
    }
    return operations;
  }

  @Override
  public SocketAddress localAddress() throws IOException {
    requireOpen();
    return channel.getLocalAddress();
  }

  @Override
  public @Nullable SocketAddress peer() {
    return remote;
  }

  @Override
  public SocketAddress remoteAddress() throws IOException {
    requireOpen();
    if (remote == null || !isConnected()) {
      throw Status.toException(Status.INVALID, "remoteAddress of " + this, null);
    }
    return remote;
  }

  @Override
  public @Nullable IOException failure() {
    return failure;
  }

  @Override
  protected void free() {
    NioBackend.closeQuietly(channel);
  }

  @Override
  public String toString() {
    return "StreamSocket[nio to " + remote + "]";
  }
}
