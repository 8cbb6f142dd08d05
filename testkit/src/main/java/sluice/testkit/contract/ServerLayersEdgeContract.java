package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Frames;
import sluice.server.Layer;
import sluice.server.Server;

/// Handshakes that do not come to their end, and what layers do that is unusual.
public abstract class ServerLayersEdgeContract extends ServerLayersSuite {
  /// Greets each client.
  private static final class Greeting extends Echo {
    @Override
    public void onOpen(Connection connection) throws Exception {
      connection.write(bytes("greeting"));
      super.onOpen(connection);
    }
  }

  @Test
  void clientWhoseInputGrowsInALayerIsSlowedDownAndNotClosed() throws Exception {
    // One byte from the wire is 64 for the handler, which come in pieces.
    Layer growing =
        () ->
            new Plain() {
              @Override
              public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
                while (wire.hasRemaining()) {
                  byte[] many = new byte[64];
                  java.util.Arrays.fill(many, wire.get());
                  pipe.inward(ByteBuffer.wrap(many));
                }
              }
            };
    Echo handler = new Echo();
    Socket client = connect(serve(handler, growing));
    byte[] all = randomBytes(1, 64 * KIB);
    Background<Integer> sender =
        Background.start(() -> {
          client.getOutputStream().write(all);
          client.shutdownOutput();
          return all.length;
        });
    byte[] answer = receiveBytes(client, 64 * all.length);
    for (int i = 0; i < answer.length; i++) {
      assertThat(answer[i]).isEqualTo(all[i / 64]);
    }
    assertEnds(client);
    sender.join();
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void pauseDoesNotKeepTheLayersFromTheirHandshake() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            connection.pauseReading();
            connection.write(bytes("greeting"));
            super.onOpen(connection);
          }
        };
    Socket client = connect(serve(handler, new Handshake("HELLO")));
    send(client, "HELLO");
    assertThat(receive(client, 9)).isEqualTo("hgreeting");
  }

  @Test
  void clientThatLeavesBeforeItsHandshakeIsClosed() throws Exception {
    Greeting handler = new Greeting();
    Socket client = connect(serve(handler, new Handshake("HELLO")));
    send(client, "HEL");
    client.close();
    handler.reason();
  }

  @Test
  void clientThatEndsTooEarlyForItsLayerIsClosedAsProtocol() throws Exception {
    Greeting handler = new Greeting();
    Layer layer =
        () ->
            new Plain() {
              @Override
              public boolean isReady() {
                return false;
              }

              @Override
              public void endInput(Layer.Pipe pipe) throws Exception {
                throw new IOException("no hello");
              }
            };
    Socket client = connect(serve(handler, layer));
    client.shutdownOutput();
    assertThat(handler.reason()).isEqualTo(CloseReason.PROTOCOL);
  }

  @Test
  void clientWithAWrongHelloIsClosedAsProtocol() throws Exception {
    Greeting handler = new Greeting();
    Socket client = connect(serve(handler, new Handshake("HELLO")));
    send(client, "GET /");
    assertEnds(client);
    client.close();
    assertThat(handler.reason()).isEqualTo(CloseReason.PROTOCOL);
  }

  @Test
  void endOfTheLayerAboveWaitsForTheHandshakeBelow() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) {
            connection.close();
          }
        };
    Handshake layer = new Handshake("HELLO");
    Socket client = connect(serve(handler, layer, TRAILER));
    send(client, "HELLO");
    assertThat(receiveRest(client)).endsWith("END");
    assertThat(layer.early).hasValue(0);
  }

  @Test
  void layerMayPassOnTheBufferThatItWasLent() throws Exception {
    Layer passing =
        () ->
            new Layer.Session() {
              @Override
              public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
                pipe.inward(wire);
              }

              @Override
              public void encode(ByteBuffer plain, Layer.Pipe pipe) throws Exception {
                pipe.outward(plain);
              }
            };
    assertServed(connect(serve(new Echo(), passing)), "served");
    assertServed(connect(serve(new Echo(), passing, passing)), "served");
  }

  @Test
  void layerThatAnswersBeforeItIsReadyIsHeldBackByWhoNeverReads() throws Exception {
    AtomicLong decoded = new AtomicLong();
    Layer answering =
        () ->
            new Plain() {
              @Override
              public boolean isReady() {
                return false;
              }

              @Override
              public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
                decoded.addAndGet(wire.remaining());
                pipe.outward(ByteBuffer.wrap(taken(wire)));
              }
            };
    Socket client = connect(serve(new Echo(), answering), 64 * KIB);
    Background<Integer> sender =
        Background.start(() -> {
          client.getOutputStream().write(new byte[64 * MIB]);
          return 0;
        });
    long[] seen = {-1, 0};
    Wait.until(
        "stands still",
        () -> {
          long now = decoded.get();
          seen[1] = now == seen[0] ? seen[1] + 1 : 0;
          seen[0] = now;
          return seen[1] > 1_000;
        });
    assertThat(decoded.get()).isLessThan(16 * MIB);
    client.close();
    sender.failure();
  }

  @Test
  void handlerOfFramesThatWritesBeforeTheHandshakeDoesNotHoldItUp() throws Exception {
    // What comes before the last byte of the hello is for the handler already.
    Layer layer =
        () ->
            new Plain() {
              private boolean ready;

              @Override
              public boolean isReady() {
                return ready;
              }

              @Override
              public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
                ready |= wire.get(wire.limit() - 1) == '!';
                super.decode(wire, pipe);
              }
            };
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(zeros(70 * KIB));
          }
        };
    Server server = serve(Frames.fixedLength(1, handler), layer);
    Socket client = connect(server);
    handler.next();
    send(client, "ab");
    Socket other = connect(server); // the loop has seen the first two when it serves this one
    handler.next();
    send(other, "!");
    receiveBytes(other, 70 * KIB);
    send(client, "!");
    receiveBytes(client, 3 * 70 * KIB);
  }

  @Test
  void layerThatCannotSayWhetherItIsReadyHurtsItsOwnClientOnly() throws Exception {
    Layer failing =
        () ->
            new Plain() {
              private boolean failed;

              @Override
              public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
                failed = wire.get(wire.position()) == '!';
                super.decode(wire, pipe);
              }

              @Override
              public boolean isReady() {
                if (failed) {
                  throw new IllegalStateException("planted");
                }
                return true;
              }
            };
    Echo handler = new Echo();
    Server server = serve(handler, failing);
    Socket other = connect(server);
    try (LogCapture _ = new LogCapture()) {
      Socket client = connect(server);
      send(client, "!");
      assertReset(client);
      assertThat(handler.reason()).isEqualTo(CloseReason.HANDLER_ERROR);
    }
    assertServed(other, "still there");
    assertServed(connect(server), "and the listener, too");
  }

  @Test
  void answerOfAHandshakeThatCameLateIsWhole() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) {
            connection.write(zeros(8 * MIB));
            connection.close();
          }
        };
    Socket client = connect(serve(handler, new Handshake("HELLO")), 64 * KIB);
    send(client, "HELLO");
    receiveBytes(client, 1);
    assertThat(handler.closed).isEmpty();
    // Longer than a handshake may take after the close, while the answer is on its way.
    long until = System.nanoTime() + 3_000_000_000L;
    int count = 0;
    while (System.nanoTime() < until) {
      receiveBytes(client, 1);
      count++;
    }
    byte[] rest = client.getInputStream().readAllBytes();
    assertThat(1 + count + rest.length).isEqualTo(1 + 8 * MIB);
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void layerThatFailsAtTheEndOfItsOutputResets() throws Exception {
    Layer failing =
        () ->
            new Plain() {
              @Override
              public void endOutput(Layer.Pipe pipe) {
                throw new IllegalStateException("planted");
              }
            };
    Echo handler = new Echo();
    Socket client = connect(serve(handler, failing));
    Connection connection = handler.next();
    try (LogCapture _ = new LogCapture()) {
      connection.close();
      assertReset(client); // as it does wherever else a layer fails
      assertThat(handler.reason()).isEqualTo(CloseReason.HANDLER_ERROR);
    }
  }
}
