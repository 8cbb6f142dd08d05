package sluice.bench;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.LineBasedFrameDecoder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.function.Consumer;

/// Netty, on the transport named by the first argument, as the kind of server named by the second.
/// A proxy takes the port of its target, too.
final class NettyServer {
  private static final int LINE_BYTES_MAX = 1024;

  private NettyServer() {}

  public static void main(String[] args) throws Exception {
    NettyTransport transport = NettyTransport.valueOf(args[0].toUpperCase(Locale.ROOT));
    Consumer<Channel> begin = begin(transport, args);
    ChannelInitializer<Channel> clients =
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel client) {
            begin.accept(client);
          }
        };
    Channel listener = transport.server(clients).bind("127.0.0.1", 0).sync().channel();
    System.out.println(((InetSocketAddress) listener.localAddress()).getPort());
    listener.closeFuture().sync();
  }

  /// Returns what to do with a new client.
  private static Consumer<Channel> begin(NettyTransport transport, String[] args) {
    return switch (args[1]) {
      case "echo" -> client -> client.pipeline().addLast(new NettyHandlers.Echo());
      case "lines" ->
          client ->
              client
                  .pipeline()
                  .addLast(
                      new LineBasedFrameDecoder(LINE_BYTES_MAX, false, true),
                      new NettyHandlers.Echo());
      case "chat" -> {
        var chat = new NettyHandlers.Chat();
        yield client -> client.pipeline().addLast(chat);
      }
      case "paused" -> client -> client.pipeline().addLast(new NettyHandlers.Paused());
      case "proxy" -> {
        var target =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[2]));
        yield client -> NettyProxy.connect(transport, client, target);
      }
      default -> throw new IllegalArgumentException(args[1]);
    };
  }
}
