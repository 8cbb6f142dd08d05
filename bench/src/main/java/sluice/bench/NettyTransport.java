package sluice.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;

/// A transport of Netty, tuned: one loop, pooled buffers, and on io_uring a ring of buffers as
/// large as Sluice's.
enum NettyTransport {
  NIO(NioServerSocketChannel.class, NioSocketChannel.class) {
    @Override
    IoHandlerFactory factory() {
      return NioIoHandler.newFactory();
    }
  },
  EPOLL(EpollServerSocketChannel.class, EpollSocketChannel.class) {
    @Override
    IoHandlerFactory factory() {
      return EpollIoHandler.newFactory();
    }
  },
  IO_URING(IoUringServerSocketChannel.class, IoUringSocketChannel.class) {
    @Override
    IoHandlerFactory factory() {
      IoUringBufferRingConfig ring =
          IoUringBufferRingConfig.builder()
              .bufferGroupId(GROUP)
              .bufferRingSize(BUFFERS)
              .batchSize((short) (BUFFERS / 2))
              .allocator(new IoUringFixedBufferRingAllocator(BUFFER_BYTES))
              .build();
      return IoUringIoHandler.newFactory(new IoUringIoHandlerConfig().setBufferRingConfig(ring));
    }
  };

  private static final short GROUP = 1;
  private static final short BUFFERS = 256;
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int BACKLOG = 1024;

  private final Class<? extends ServerChannel> listener;
  private final Class<? extends Channel> connection;

  NettyTransport(Class<? extends ServerChannel> listener, Class<? extends Channel> connection) {
    this.listener = listener;
    this.connection = connection;
  }

  abstract IoHandlerFactory factory();

  /// Describes a server whose clients get `handler`.
  ServerBootstrap server(ChannelHandler handler) {
    ServerBootstrap server =
        new ServerBootstrap()
            .group(new MultiThreadIoEventLoopGroup(1, factory()))
            .channel(listener)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childHandler(handler);
    return this == IO_URING
        ? server.childOption(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, GROUP)
        : server;
  }

  /// Describes connections of `loop` to others.
  Bootstrap client(EventLoop loop, ChannelHandler handler) {
    Bootstrap client =
        new Bootstrap()
            .group(loop)
            .channel(connection)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .handler(handler);
    return this == IO_URING
        ? client.option(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, GROUP)
        : client;
  }
}
