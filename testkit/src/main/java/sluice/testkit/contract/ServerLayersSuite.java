package sluice.testkit.contract;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import sluice.server.ConnectionHandler;
import sluice.server.Layer;
import sluice.server.Server;

/// What the suites about layers share: small layers, and clients that speak through [XorLayer].
public abstract class ServerLayersSuite extends ServerSuite {
  final Server serve(ConnectionHandler handler, Layer... layers) throws IOException {
    return track(
        Server.builder().backend(backend()).listen(loopback(), layers).handler(handler).start());
  }

  static byte[] taken(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  /// Passes everything on.
  static class Plain implements Layer.Session {
    @Override
    public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
      pipe.inward(ByteBuffer.wrap(taken(wire)));
    }

    @Override
    public void encode(ByteBuffer plain, Layer.Pipe pipe) throws Exception {
      pipe.outward(ByteBuffer.wrap(taken(plain)));
    }
  }

  /// Takes no output before the client has sent `hello`, and then says "h" itself.
  static final class Handshake implements Layer {
    /// How often it was given output in spite of that.
    final AtomicInteger early = new AtomicInteger();

    private final String hello;

    Handshake(String hello) {
      this.hello = hello;
    }

    @Override
    public Session open() {
      return new Plain() {
        private int seen;

        @Override
        public boolean isReady() {
          return seen == hello.length();
        }

        @Override
        public void decode(ByteBuffer wire, Pipe pipe) throws Exception {
          while (!isReady() && wire.hasRemaining()) {
            if (wire.get() != hello.charAt(seen)) {
              throw new IOException("no hello");
            }
            seen++;
            if (isReady()) {
              pipe.outward(bytes("h"));
            }
          }
          super.decode(wire, pipe);
        }

        @Override
        public void encode(ByteBuffer plain, Pipe pipe) throws Exception {
          if (!isReady()) {
            early.incrementAndGet();
          }
          super.encode(plain, pipe);
        }
      };
    }
  }

  /// Ends its output with "END".
  static final Layer TRAILER =
      () ->
          new Plain() {
            @Override
            public void endOutput(Layer.Pipe pipe) throws Exception {
              pipe.outward(bytes("END"));
            }
          };

  /// A client of a listener whose layers are these.
  static final class Masked {
    final Socket socket;
    private final XorLayer[] layers;
    private long sent;
    private long received;

    Masked(Socket socket, XorLayer... layers) {
      this.socket = socket;
      this.layers = layers;
    }

    void send(byte[] data, int from, int count) throws IOException {
      byte[] masked = java.util.Arrays.copyOfRange(data, from, from + count);
      for (XorLayer layer : layers) {
        layer.apply(sent, masked, count);
      }
      sent += count;
      socket.getOutputStream().write(masked);
    }

    void send(byte[] data) throws IOException {
      send(data, 0, data.length);
    }

    byte[] receive(int count) throws IOException {
      byte[] data = receiveBytes(socket, count);
      for (XorLayer layer : layers) {
        layer.apply(received, data, count);
      }
      received += count;
      return data;
    }
  }
}
