package sluice.bench;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import sluice.Backend;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Limits;
import sluice.server.Server;

/// Sluice, on the backend named by the first argument, as the kind of server named by the second. A
/// proxy takes the port of its target, too.
final class SluiceServer {
  private static final int LINE_BYTES_MAX = 1024;

  private SluiceServer() {}

  public static void main(String[] args) throws Exception {
    Server server =
        Server.builder()
            .backend(Backend.of(args[0]))
            .listen("127.0.0.1", 0)
            .limits(Limits.builder().maxConnections(0).build()) // some loads have more
            .handlerPerConnection(handlers(args))
            .start();
    System.out.println(((InetSocketAddress) server.addresses().getFirst()).getPort());
    server.join();
  }

  private static Supplier<ConnectionHandler> handlers(String[] args) {
    return switch (args[1]) {
      case "echo" -> shared(Connection::write);
      case "lines" -> shared(Frames.lines(LINE_BYTES_MAX, new Lines()));
      case "chat" -> shared(SluiceServer::tellOthers);
      case "paused" -> shared(SluiceServer::answerAndPause);
      case "proxy" -> {
        var target =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[2]));
        yield () -> new SluiceProxy(target);
      }
      default -> throw new IllegalArgumentException(args[1]);
    };
  }

  private static Supplier<ConnectionHandler> shared(ConnectionHandler handler) {
    return () -> handler;
  }

  private static void tellOthers(Connection speaker, ByteBuffer data) {
    speaker.server().broadcast(data, listener -> !listener.equals(speaker));
  }

  private static void answerAndPause(Connection connection, ByteBuffer data) {
    connection.write(data);
    connection.pauseReading();
    connection.execute(connection::resumeReading);
  }

  /// Answers each line with itself. A frame is without its end, so that is written again.
  private static final class Lines implements ConnectionHandler {
    private final ByteBuffer end = ByteBuffer.allocateDirect(1).put((byte) '\n').flip();

    @Override
    public void onData(Connection connection, ByteBuffer line) {
      connection.write(line);
      connection.write(end.rewind());
    }
  }
}
