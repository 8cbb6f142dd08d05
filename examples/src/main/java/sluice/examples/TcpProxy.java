package sluice.examples;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.server.*;

/// A proxy: connects each client to a target and passes on, both ways, what is sent, the end of it,
/// and resets. A handler serves one end of such a pair.
///
/// An end that reads slowly slows the other down. The two directions do not wait for each other.
final class TcpProxy implements ConnectionHandler {
  /// Where a client is to be connected to; null at the target's own end.
  private final @Nullable SocketAddress target;

  private @Nullable Connection other;

  TcpProxy(SocketAddress target) {
    this.target = target;
  }

  private TcpProxy(Connection client) {
    target = null;
    other = client;
  }

  @Override
  public void onOpen(Connection end) {
    end.decouple();
    if (target != null) {
      try {
        other = end.connect(target, new TcpProxy(end));
      } catch (IOException _) {
        end.abort();
      }
    }
  }

  /// What a client sends before its target is connected is written all the same, and waits there.
  @Override
  public void onData(Connection end, ByteBuffer data) {
    if (!other().write(data)) {
      end.pauseReading();
    }
  }

  @Override
  public void onWritable(Connection end) {
    other().resumeReading();
  }

  @Override
  public void onInputClosed(Connection end) {
    other().shutdownOutput();
  }

  @Override
  public void onClose(Connection end, CloseReason reason) {
    if (other != null) {
      switch (reason) {
        case OK, DRAIN -> other.close();
        default ->
            other.abort(); // what was on its way is lost, and the other must not think it whole
      }
    }
  }

  private Connection other() {
    return Objects.requireNonNull(other);
  }

  public static void main(String[] args) throws Exception {
    if (args.length != 4) {
      System.err.println("usage: TcpProxy LISTEN_HOST LISTEN_PORT TARGET_HOST TARGET_PORT");
      System.exit(64);
    }
    var target = new InetSocketAddress(InetAddress.getByName(args[2]), Integer.parseInt(args[3]));
    try (var server =
        Server.builder()
            .listen(args[0], Integer.parseInt(args[1]))
            .handlerPerConnection(() -> new TcpProxy(target))
            .start()) {
      System.out.println("listening on " + server.addresses().getFirst());
      server.join();
    }
  }
}
