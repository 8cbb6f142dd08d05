package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Layer;
import sluice.server.Server;

/// What goes through the layers of a listener, and what they may say themselves.
public abstract class ServerLayersContract extends ServerLayersSuite {
  private static final XorLayer ONE = new XorLayer(1);
  private static final XorLayer TWO = new XorLayer(77);
  private static final XorLayer[][] STACKS = {{}, {ONE}, {ONE, TWO}};

  @Test
  void randomBytesSplitAtRandomComeBack() throws Exception {
    for (XorLayer[] stack : STACKS) {
      Masked client = new Masked(connect(serve(new Echo(), stack)), stack);
      byte[] all = randomBytes(1, 2 * MIB);
      Random random = new Random(2);
      Background<Integer> sender =
          Background.start(() -> {
            for (int at = 0; at < all.length; ) {
              int most = random.nextInt(10) == 0 ? 200 * KIB : 2_000;
              int count = Math.min(1 + random.nextInt(most), all.length - at);
              client.send(all, at, count);
              at += count;
            }
            return all.length;
          });
      assertThat(client.receive(all.length)).isEqualTo(all);
      sender.join();
      client.socket.shutdownOutput();
      assertEnds(client.socket);
    }
  }

  @Test
  void broadcastsAndWritesOfAllThreadsGoThroughTheLayers() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.server().broadcast(data);
          }
        };
    for (XorLayer[] stack : STACKS) {
      Server server = serve(handler, stack);
      Masked first = new Masked(connect(server), stack);
      Connection connection = handler.next();
      Masked second = new Masked(connect(server), stack);
      handler.next();
      second.send("handler ".getBytes(StandardCharsets.US_ASCII));
      assertThat(first.receive(8)).asString().isEqualTo("handler ");
      server.broadcast(bytes("outside "));
      connection.write(bytes("written"));
      assertThat(first.receive(15)).asString().isEqualTo("outside written");
      assertThat(second.receive(16)).asString().isEqualTo("handler outside ");
    }
  }

  @Test
  void layersOfOneListenerDoNotTouchTheClientsOfAnother() throws Exception {
    Server server =
        track(
            Server.builder()
                .backend(backend())
                .listen(loopback(), ONE)
                .listen(loopback())
                .listen(loopback(), ONE, TWO)
                .handler(new Echo())
                .loops(2)
                .start());
    XorLayer[][] stacks = {{ONE}, {}, {ONE, TWO}};
    for (int i = 0; i < 6; i++) {
      Socket socket = track(new Socket());
      socket.connect(server.addresses().get(i % 3));
      Masked client = new Masked(socket, stacks[i % 3]);
      client.send(randomBytes(i, 1_000));
      assertThat(client.receive(1_000)).isEqualTo(randomBytes(i, 1_000));
    }
  }

  @Test
  void framesAreCutAboveTheLayers() throws Exception {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    ConnectionHandler handler =
        Frames.lines(
            100,
            (connection, line) -> {
              lines.add(new String(taken(line), StandardCharsets.US_ASCII));
              connection.write(bytes("."));
            });
    for (XorLayer[] stack : STACKS) {
      Masked client = new Masked(connect(serve(handler, stack)), stack);
      byte[] all = "one\ntwo\r\n\nthree\nlast".getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < all.length; i += 5) {
        client.send(all, i, Math.min(5, all.length - i));
      }
      client.socket.shutdownOutput();
      assertThat(client.receive(5)).asString().isEqualTo(".....");
      assertEnds(client.socket);
      assertThat(lines).containsExactly("one", "two", "", "three", "last");
      lines.clear();
    }
  }

  @Test
  void whatIsWrittenBeforeTheHandshakeArrivesAfterItInOrder() throws Exception {
    byte[] greeting = randomBytes(1, 100 * KIB); // above the high watermark
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            assertThat(connection.write(ByteBuffer.wrap(greeting))).isFalse();
            super.onOpen(connection);
          }
        };
    Handshake layer = new Handshake("HELLO");
    for (Layer[] stack : new Layer[][] {{layer}, {TRAILER, layer}, {layer, TRAILER}}) {
      Socket client = connect(serve(handler, stack));
      Connection connection = handler.next();
      send(client, "HEL");
      connection.write(bytes("and more "));
      send(client, "LOdata");
      assertThat(receive(client, 1)).isEqualTo("h");
      assertThat(receiveBytes(client, greeting.length)).isEqualTo(greeting);
      assertThat(receive(client, 13)).isEqualTo("and more data");
      assertServed(client, "goes on");
    }
    assertThat(layer.early).hasValue(0);
  }

  @Test
  void closeBeforeTheHandshakeDeliversWhatWasWrittenAfterIt() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) {
            connection.write(bytes("greeting"));
            connection.close();
          }
        };
    Handshake layer = new Handshake("HELLO");
    Socket client = connect(serve(handler, layer));
    send(client, "HEL");
    send(client, "LO");
    assertThat(receiveRest(client)).isEqualTo("hgreeting");
    assertThat(layer.early).hasValue(0);
    client.close();
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void layerMayAnswerByItself() throws Exception {
    Layer answering =
        () ->
            new Plain() {
              @Override
              public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
                while (wire.hasRemaining()) {
                  byte next = wire.get();
                  if (next == '?') {
                    pipe.outward(bytes("!"));
                  } else {
                    pipe.inward(ByteBuffer.wrap(new byte[] {next}));
                  }
                }
              }
            };
    Echo handler = new Echo();
    for (Layer[] stack : new Layer[][] {{answering}, {TRAILER, answering}}) {
      Socket client = connect(serve(handler, stack));
      Connection connection = handler.next();
      for (int i = 0; i < 100; i++) {
        send(client, "?");
        assertThat(receive(client, 1)).isEqualTo("!");
        assertServed(client, "data");
      }
      connection.pauseReading();
      connection.write(bytes("paused"));
      assertThat(receive(client, 6)).isEqualTo("paused");
      connection.resumeReading();
      send(client, "?");
      assertThat(receive(client, 1)).isEqualTo("!");
    }
  }

  @Test
  void endOfOutputGoesThroughTheLayersOnce() throws Exception {
    Echo handler = new Echo();
    for (Layer[] stack : new Layer[][] {{TRAILER}, {TRAILER, TRAILER}}) {
      String trailers = "END".repeat(stack.length);
      Server server = serve(handler, stack);
      for (int way = 0; way < 4; way++) {
        Socket client = connect(server);
        Connection connection = handler.next();
        assertThat(connection.write(bytes("data"))).isTrue();
        switch (way) {
          case 0 -> connection.close();
          case 1 -> {
            connection.shutdownOutput();
            connection.close();
          }
          case 2 -> client.shutdownOutput();
          default -> server.stop(LONG);
        }
        assertThat(receiveRest(client)).as("way %d", way).isEqualTo("data" + trailers);
        client.close();
        CloseReason expected = way == 3 ? CloseReason.DRAIN : CloseReason.OK;
        assertThat(handler.reason()).as("way %d", way).isEqualTo(expected);
      }
    }
  }

  @Test
  void whatALayerHasKeptComesBeforeTheEndOfInput() throws Exception {
    Layer keeping =
        () ->
            new Plain() {
              private byte[] kept = {};

              @Override
              public void decode(ByteBuffer wire, Layer.Pipe pipe) {
                byte[] more = taken(wire);
                kept = java.util.Arrays.copyOf(kept, kept.length + more.length);
                System.arraycopy(more, 0, kept, kept.length - more.length, more.length);
              }

              @Override
              public void endInput(Layer.Pipe pipe) throws Exception {
                pipe.inward(ByteBuffer.wrap(kept));
              }
            };
    for (Layer[] stack : new Layer[][] {{keeping}, {keeping, keeping}, {TRAILER, keeping}}) {
      Socket client = connect(serve(new Echo(), stack));
      send(client, "one ");
      send(client, "two");
      client.shutdownOutput();
      assertThat(receiveRest(client)).startsWith("one two");
    }
  }
}
