package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Layer;
import sluice.server.Server;

/// Whom a layer hurts that fails: the client whose it is, and nobody else.
public abstract class ServerLayerFailuresContract extends ServerLayersSuite {
  /// Where a layer fails.
  private enum Where {
    OPEN,
    DECODE,
    ENCODE,
    END_INPUT
  }

  /// Checks what becomes of the first client, whose layer fails, and that nobody else is hurt.
  private void assertHurtsItselfOnly(Where where, Throwable thrown, CloseReason expected)
      throws Exception {
    AtomicBoolean first = new AtomicBoolean(true);
    Layer failing =
        () -> {
          boolean victim = first.getAndSet(false);
          if (victim && where == Where.OPEN) {
            throwAny(thrown);
          }
          return victim ? failing(where, thrown) : new Plain();
        };
    Echo handler = new Echo();
    try (LogCapture log = new LogCapture()) {
      Server server = serve(handler, failing);
      Socket victim = where == Where.OPEN ? connectInVain(server) : connect(server);
      if (where != Where.OPEN) {
        handler.next();
      }
      Socket other = connect(server);
      handler.next();
      assertServed(other, "before");
      if (where == Where.END_INPUT) {
        victim.shutdownOutput();
      } else if (where != Where.OPEN) {
        send(victim, "x");
      }
      if (expected == CloseReason.PROTOCOL) {
        assertEnds(victim);
        victim.close();
      } else if (where != Where.OPEN) {
        assertReset(victim);
      }
      if (where != Where.OPEN) {
        assertThat(handler.reason()).as("%s in %s", thrown, where).isEqualTo(expected);
      }
      assertServed(other, "after");
      assertServed(connect(server), "next");
      assertThat(handler.closed).isEmpty();
      assertThat(log.thrown()).hasSize(expected == CloseReason.PROTOCOL ? 0 : 1);
    }
  }

  /// Connects a client that may be reset before it knows that it is connected.
  private Socket connectInVain(Server server) throws IOException {
    Socket client = track(new Socket());
    try {
      client.connect(address(server));
    } catch (SocketException _) {
      // reset already
    }
    return client;
  }

  private static Layer.Session failing(Where where, Throwable thrown) {
    return new Plain() {
      private void failIf(Where here) throws Exception {
        if (here == where) {
          throwAny(thrown);
        }
      }

      @Override
      public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
        failIf(Where.DECODE);
        super.decode(wire, pipe);
      }

      @Override
      public void encode(ByteBuffer plain, Layer.Pipe pipe) throws Exception {
        failIf(Where.ENCODE);
        super.encode(plain, pipe);
      }

      @Override
      public void endInput(Layer.Pipe pipe) throws Exception {
        failIf(Where.END_INPUT);
      }
    };
  }

  private static void throwAny(Throwable thrown) throws Exception {
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (Exception) thrown;
  }

  @Test
  void layerThatFindsAFaultOfItsPeerClosesAsProtocol() throws Exception {
    IOException planted = new IOException("planted");
    assertHurtsItselfOnly(Where.DECODE, planted, CloseReason.PROTOCOL);
    assertHurtsItselfOnly(Where.END_INPUT, planted, CloseReason.PROTOCOL);
  }

  @Test
  void layerThatFailsHurtsItsOwnClientOnly() throws Exception {
    for (Where where : Where.values()) {
      assertHurtsItselfOnly(where, new AssertionError("planted"), CloseReason.HANDLER_ERROR);
      assertHurtsItselfOnly(where, new IllegalStateException(), CloseReason.HANDLER_ERROR);
    }
    assertHurtsItselfOnly(Where.OPEN, new IOException("planted"), CloseReason.HANDLER_ERROR);
  }

  @Test
  void layerThatLeavesBytesHurtsItsOwnClientOnly() throws Exception {
    for (boolean decoding : new boolean[] {false, true}) {
      Layer leaving =
          () ->
              new Plain() {
                @Override
                public void decode(ByteBuffer wire, Layer.Pipe pipe) throws Exception {
                  if (!decoding || wire.get(0) != '!') {
                    super.decode(wire, pipe);
                  }
                }

                @Override
                public void encode(ByteBuffer plain, Layer.Pipe pipe) throws Exception {
                  if (decoding || plain.get(0) != '!') {
                    super.encode(plain, pipe);
                  }
                }
              };
      Echo handler = new Echo();
      Server server = serve(handler, leaving);
      Socket other = connect(server);
      Socket victim = connect(server);
      try (LogCapture log = new LogCapture()) {
        send(victim, "!!");
        assertReset(victim);
        assertThat(handler.reason()).isEqualTo(CloseReason.HANDLER_ERROR);
        assertThat(log.thrown()).hasSize(1).first().asString().contains("left 2 bytes");
      }
      assertServed(other, "goes on");
    }
  }
}
