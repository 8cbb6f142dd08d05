package sluice.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/// A selector of the JDK, by hand: one shared buffer, what is not taken at once waits with its
/// connection, and its input with it.
final class SelectorEcho {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final int BACKLOG = 1024;

  private final Selector selector = Selector.open();
  private final ServerSocketChannel listener = ServerSocketChannel.open();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  private SelectorEcho() throws IOException {
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  public static void main(String[] args) throws Exception {
    SelectorEcho echo = new SelectorEcho();
    System.out.println(((InetSocketAddress) echo.listener.getLocalAddress()).getPort());
    while (true) {
      echo.selector.select(echo::ready);
    }
  }

  private void ready(SelectionKey key) {
    try {
      if (key.isAcceptable()) {
        accept();
      } else if (key.isWritable()) {
        writeRest(key);
      } else {
        echo(key);
      }
    } catch (IOException _) {
      close(key);
    }
  }

  private void accept() throws IOException {
    for (SocketChannel client = listener.accept(); client != null; client = listener.accept()) {
      client.configureBlocking(false);
      client.setOption(StandardSocketOptions.TCP_NODELAY, true);
      client.register(selector, SelectionKey.OP_READ);
    }
  }

  private void echo(SelectionKey key) throws IOException {
    SocketChannel client = (SocketChannel) key.channel();
    buffer.clear();
    int count = client.read(buffer);
    if (count < 0) {
      close(key);
      return;
    }
    buffer.flip();
    client.write(buffer);
    if (buffer.hasRemaining()) {
      key.attach(ByteBuffer.allocate(buffer.remaining()).put(buffer).flip());
      key.interestOps(SelectionKey.OP_WRITE);
    }
  }

  private static void writeRest(SelectionKey key) throws IOException {
    ByteBuffer rest = (ByteBuffer) key.attachment();
    ((SocketChannel) key.channel()).write(rest);
    if (!rest.hasRemaining()) {
      key.attach(null);
      key.interestOps(SelectionKey.OP_READ);
    }
  }

  private static void close(SelectionKey key) {
    try {
      key.channel().close();
    } catch (IOException _) {
      // it is gone
    }
  }
}
