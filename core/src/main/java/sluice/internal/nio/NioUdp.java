package sluice.internal.nio;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;
import sluice.spi.Peer;
import sluice.spi.Status;
import sluice.spi.UdpBase;

/// A UDP socket on a `DatagramChannel`.
final class NioUdp extends UdpBase implements NioSource {
  /// More than any datagram has: the 16 bits of its length count the header, too ([RFC
  /// 768](https://www.rfc-editor.org/rfc/rfc768)).
  private static final int DATAGRAM_BYTES_MAX = 64 * 1024;

  private final DatagramChannel channel;

  /// `DatagramChannel` drops what has no room and does not tell, so there is always room.
  private @Nullable ByteBuffer whole;

  private @Nullable IOException failure;

  NioUdp(NioBackend backend, DatagramChannel channel, boolean ipv4) throws IOException {
    super(backend, backend.name(), channel.getLocalAddress(), ipv4);
    this.channel = channel;
  }

  @Override
  protected int doReceive(ByteBuffer dst, Peer from) {
    ByteBuffer room = whole;
    if (room == null) {
      whole = room = ByteBuffer.allocateDirect(DATAGRAM_BYTES_MAX);
    }
    try {
      SocketAddress sender = channel.receive(room.clear());
      if (sender == null) {
        return Status.AGAIN;
      }
      int length = room.flip().remaining();
      dst.put(room.limit(Math.min(length, dst.remaining())));
      from.set((InetSocketAddress) sender);
      return length;
    } catch (Exception e) {
      return failed(e);
    }
  }

  @Override
  protected int doSend(ByteBuffer src, @Nullable Peer to) {
    boolean empty = !src.hasRemaining();
    try {
      int count = to == null ? channel.write(src) : channel.send(src, to.toSocketAddress());
      // 0 bytes are all of an empty datagram, and also the answer when there is no room.
      return count > 0 || empty ? count : Status.AGAIN;
    } catch (Exception e) {
      return failed(e);
    }
  }

  @Override
  protected int doConnect(Peer peer) {
    try {
      channel.connect(peer.toSocketAddress());
      peer.set((InetSocketAddress) channel.getRemoteAddress());
      return Status.END;
    } catch (Exception e) {
      return failed(e);
    }
  }

  @Override
  protected int doDisconnect() {
    try {
      takeError();
      channel.disconnect();
      return Status.END;
    } catch (Exception e) {
      return failed(e);
    }
  }

  /// Left pending, an error would cost the next datagram that is sent, and `DatagramChannel` would
  /// claim to have sent it. To receive takes the error, or else a datagram.
  private void takeError() throws IOException {
    try {
      channel.receive(ByteBuffer.allocate(0));
    } catch (PortUnreachableException _) {
      // this one
    }
  }

  private int failed(Exception e) {
    int status = NioStatus.of(e);
    failure = e instanceof IOException io ? io : new IOException(e);
    return status;
  }

  @Override
  public SelectableChannel channel() {
    return channel;
  }

  @Override
  public int operations(int interest) {
    return ((interest & 1) != 0 ? SelectionKey.OP_READ : 0)
        | ((interest & 2) != 0 ? SelectionKey.OP_WRITE : 0);
  }

  @Override
  protected SocketAddress doLocalAddress() throws IOException {
    return channel.getLocalAddress();
  }

  @Override
  public @Nullable IOException failure() {
    return failure;
  }

  @Override
  protected void free() {
    NioBackend.closeQuietly(channel);
  }
}
