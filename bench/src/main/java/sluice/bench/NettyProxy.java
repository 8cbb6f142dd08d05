package sluice.bench;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import java.net.SocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One end of a pair in a TCP proxy on Netty: what it reads goes to the other, with one flush for
/// each batch of reads; while the other is above its high watermark, nothing is read.
final class NettyProxy extends ChannelInboundHandlerAdapter {
  /// A read brings up to 64 KiB. By Netty's own marks each such read would stop the next one, which
  /// costs two more system calls.
  private static final WriteBufferWaterMark MARKS = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

  private @Nullable Channel other;

  /// The end of a client is given its other one by [#connect].
  NettyProxy() {}

  private NettyProxy(Channel client) {
    other = client;
  }

  /// Connects `client` to the target; it is read once that is done.
  static void connect(NettyTransport transport, Channel client, SocketAddress target) {
    NettyProxy end = new NettyProxy();
    client.config().setAutoRead(false);
    client.pipeline().addLast(end);
    var _ =
        transport
            .client(client.eventLoop(), new NettyProxy(client))
            .connect(target)
            .addListener(
                (ChannelFutureListener)
                    connected -> {
                      if (connected.isSuccess()) {
                        end.other = connected.channel();
                        client.config().setAutoRead(true);
                      } else {
                        var _ = client.close();
                      }
                    });
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    context.channel().config().setWriteBufferWaterMark(MARKS);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var _ = other().write(message, other().voidPromise());
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    var _ = other().flush();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    other().config().setAutoRead(context.channel().isWritable());
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (other != null) {
      var _ = other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }

  private Channel other() {
    return Objects.requireNonNull(other);
  }
}
