package sluice.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.net.InetSocketAddress;

/// Netty, on the transport named by the argument: one loop, pooled buffers, one flush for all that
/// a read has brought, and on io_uring a ring of buffers as large as Sluice's.
final class NettyEcho {
  private static final short GROUP = 1;
  private static final short BUFFERS = 256;
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int BACKLOG = 1024;

  /// Sends back what comes.
  private static final class Echo extends ChannelInboundHandlerAdapter {
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

  private NettyEcho() {}

  public static void main(String[] args) throws Exception {
    boolean uring = args[0].equals("io_uring");
    IoHandlerFactory factory =
        switch (args[0]) {
          case "nio" -> NioIoHandler.newFactory();
          case "epoll" -> EpollIoHandler.newFactory();
          default ->
              IoUringIoHandler.newFactory(
                  new IoUringIoHandlerConfig()
                      .setBufferRingConfig(
                          IoUringBufferRingConfig.builder()
                              .bufferGroupId(GROUP)
                              .bufferRingSize(BUFFERS)
                              .batchSize(BUFFERS / 2)
                              .allocator(new IoUringFixedBufferRingAllocator(BUFFER_BYTES))
                              .build()));
        };
    Class<? extends ServerChannel> type =
        switch (args[0]) {
          case "nio" -> NioServerSocketChannel.class;
          case "epoll" -> EpollServerSocketChannel.class;
          default -> IoUringServerSocketChannel.class;
        };
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(new MultiThreadIoEventLoopGroup(1, factory))
            .channel(type)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Echo());
                  }
                });
    if (uring) {
      bootstrap.childOption(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, GROUP);
    }
    Channel listener = bootstrap.bind("127.0.0.1", 0).sync().channel();
    System.out.println(((InetSocketAddress) listener.localAddress()).getPort());
    listener.closeFuture().sync();
  }
}
