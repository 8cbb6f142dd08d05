package sluice.bench;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelMatchers;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;

/// What servers on Netty do, with one flush for all that a read has brought.
final class NettyHandlers {
  private NettyHandlers() {}

  /// Sends back what comes: bytes, or lines with their ends.
  static class Echo extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var _ = context.write(message, context.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }

  /// Reads nothing more after each message, until a task on the loop says so.
  static final class Paused extends Echo {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      super.channelRead(context, message);
      var config = context.channel().config().setAutoRead(false);
      context.channel().eventLoop().execute(() -> config.setAutoRead(true));
    }
  }

  /// Sends what comes to all the others.
  @Sharable
  static final class Chat extends ChannelInboundHandlerAdapter {
    private final ChannelGroup clients = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);

    @Override
    public void channelActive(ChannelHandlerContext context) {
      clients.add(context.channel());
    }

    /// The group writes a duplicate to each, and releases the message.
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var _ = clients.writeAndFlush(message, ChannelMatchers.isNot(context.channel()), true);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }
}
