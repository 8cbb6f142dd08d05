package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.Listener;
import sluice.Select;
import sluice.StreamSocket;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// Connecting out of a server that stops or has stopped, and a proxy, which all of it is for.
public abstract class ServerConnectStopContract extends ServerLoopsSuite {
  private static final int MANY = 50;

  private ServerSocket target() throws IOException {
    ServerSocket target = track(new ServerSocket(0, 1024, InetAddress.getLoopbackAddress()));
    target.setSoTimeout((int) LONG.toMillis());
    return target;
  }

  @Test
  void connectAfterTheServerHasStoppedIsRefusedAndLeavesNoDescriptor() throws Exception {
    SocketAddress target = target().getLocalSocketAddress();
    Echo handler = new Echo();
    Server server = serve(handler);
    Socket client = connect(server);
    Connection connection = handler.next();
    client.close();
    server.close();
    Echo out = new Echo();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < MANY; i++) {
        assertThatThrownBy(() -> connection.connect(target, out))
            .isInstanceOf(RejectedExecutionException.class)
            .hasMessageContaining("stopping");
      }
    });
    assertThat(out.opened).isEmpty();
    assertThat(out.closed).isEmpty();
  }

  @Test
  void connectInTheLastOnCloseEndsWithTheServer() throws Exception {
    SocketAddress target = refusingAddress();
    Echo out = new Echo();
    AtomicInteger made = new AtomicInteger();
    Echo handler =
        new Echo() {
          @Override
          public void onClose(Connection connection, CloseReason reason) throws Exception {
            super.onClose(connection, reason);
            Connection _ = connection.connect(target, out);
            made.incrementAndGet();
          }
        };
    Server server = serve(handler);
    Socket client = connect(server);
    handler.next();
    var stopped = server.stop(LONG);
    client.close();
    awaitEnd(stopped);
    assertThat(handler.closed).hasSize(1);
    assertThat(out.closed).hasSize(made.get());
  }

  @Test
  void handlersThatConnectAgainDoNotKeepTheServer() throws Exception {
    SocketAddress target = target().getLocalSocketAddress();
    AtomicInteger refused = new AtomicInteger();
    class Again extends Echo {
      @Override
      public void onClose(Connection connection, CloseReason reason) throws Exception {
        super.onClose(connection, reason);
        try {
          Connection _ = connection.connect(target, this);
        } catch (RejectedExecutionException _) {
          refused.incrementAndGet();
        }
      }
    }
    Again out = new Again();
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            Connection _ = connection.connect(target, out);
            super.onOpen(connection);
          }
        };
    Server server = serve(handler);
    connect(server);
    handler.next();
    out.next();
    awaitEnd(server.stop(Duration.ZERO));
    assertThat(refused).hasValue(1);
    assertThat(out.closed).hasSize(1);
  }

  /// Returns an address where a connect is not decided: its listener's queue is full.
  private SocketAddress undecidedAddress() throws Exception {
    Listener full = track(backend().listen(loopback(), 1));
    for (int i = 0; i < 100; i++) {
      StreamSocket waiting = track(backend().connect(full.localAddress()));
      List<StreamSocket> one = List.of(waiting);
      if (Select.select(List.of(), one, List.of(), Duration.ofMillis(50)).isEmpty()) {
        return full.localAddress();
      }
    }
    throw new AssertionError("never full");
  }

  @Test
  void abortWhileConnectingIsKickedAndNothingElseIsTold() throws Exception {
    SocketAddress undecided = undecidedAddress();
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < MANY; i++) {
        boolean onLoop = i % 2 == 0;
        Echo out = new Echo();
        Connection made = connection.connect(undecided, out);
        made.write(bytes("in vain"));
        CountDownLatch begun = new CountDownLatch(1);
        connection.execute(() -> {
          if (onLoop) {
            made.abort();
          }
          begun.countDown();
        });
        await(begun);
        made.abort();
        assertThat(out.reason()).isEqualTo(CloseReason.KICKED);
        assertThat(out.opened).isEmpty();
      }
    });
    assertServed(client, "goes on");
  }

  @Test
  void stopEndsOutgoingConnectionsWhenAllWasSent() throws Exception {
    ServerSocket target = target();
    Echo handler = new Echo();
    Server server = serve(handler);
    Socket client = connect(server);
    Echo out = new Echo();
    Connection made = handler.next().connect(target.getLocalSocketAddress(), out);
    Socket peer = track(target.accept());
    assertThat(out.next()).isEqualTo(made); // or it would be stopped before it is open
    byte[] big = randomBytes(1, 4 * MIB);
    made.write(ByteBuffer.wrap(big));
    var stopped = server.stop(LONG);
    client.close();
    assertThat(receiveBytes(peer, big.length)).isEqualTo(big);
    assertEnds(peer);
    peer.close();
    awaitEnd(stopped);
    assertThat(out.closed).containsExactly(CloseReason.DRAIN);
  }

  @Test
  void stopEndsWhatIsStillConnectingAtTheDeadline() throws Exception {
    Echo handler = new Echo();
    Server server = serve(handler);
    Socket client = connect(server);
    Echo out = new Echo();
    Connection made = handler.next().connect(undecidedAddress(), out);
    made.write(bytes("in vain"));
    assertServed(client, "served"); // so it has begun
    awaitEnd(server.stop(Duration.ofMillis(50)));
    assertThat(out.opened).isEmpty();
    assertThat(out.closed).containsExactly(CloseReason.DRAIN_DEADLINE);
  }

  /// One side of a proxy, which knows the other.
  private static final class Side implements ConnectionHandler {
    private @Nullable Side other;
    private @Nullable Connection connection;

    void join(Side peer) {
      other = peer;
      peer.other = this;
    }

    private Connection opposite() {
      Side side = other;
      Connection to = side == null ? null : side.connection;
      if (to == null) {
        throw new IllegalStateException("not joined");
      }
      return to;
    }

    @Override
    public void onData(Connection from, ByteBuffer data) {
      if (!opposite().write(data)) {
        from.pauseReading();
      }
    }

    @Override
    public void onWritable(Connection to) {
      opposite().resumeReading();
    }

    @Override
    public void onInputClosed(Connection from) {
      opposite().shutdownOutput();
    }

    @Override
    public void onClose(Connection from, CloseReason reason) {
      opposite().close();
    }
  }

  private Server proxy(SocketAddress target) throws IOException {
    return track(
        Server.builder()
            .backend(backend())
            .listen(loopback())
            .loops(2)
            .handlerPerConnection(() -> {
              Side near = new Side();
              Side far = new Side();
              near.join(far);
              return new ConnectionHandler() {
                @Override
                public void onOpen(Connection client) throws Exception {
                  near.connection = client;
                  far.connection = client.connect(target, far);
                }

                @Override
                public void onData(Connection client, ByteBuffer data) {
                  near.onData(client, data);
                }

                @Override
                public void onWritable(Connection client) {
                  near.onWritable(client);
                }

                @Override
                public void onInputClosed(Connection client) {
                  near.onInputClosed(client);
                }

                @Override
                public void onClose(Connection client, CloseReason reason) {
                  near.onClose(client, reason);
                }
              };
            })
            .start());
  }

  private static Background<byte[]> speak(Socket socket, byte[] data) {
    return Background.start(() -> {
      Background<byte[]> reader = Background.start(() -> socket.getInputStream().readAllBytes());
      socket.getOutputStream().write(data);
      socket.shutdownOutput();
      return reader.join();
    });
  }

  @Test
  void proxyCarriesMebibytesBothWaysAndEachEndByItself() throws Exception {
    ServerSocket target = target();
    Server proxy = proxy(target.getLocalSocketAddress());
    for (int i = 0; i < 5; i++) {
      Socket client = connect(proxy, i % 2 == 0 ? 0 : 32 * KIB);
      Socket peer = track(target.accept());
      peer.setSoTimeout((int) LONG.toMillis());
      byte[] request = randomBytes(i, i == 0 ? 0 : 2 * MIB);
      byte[] answer = randomBytes(100 + i, i == 1 ? 0 : 3 * MIB);
      Background<byte[]> near = speak(client, request);
      Background<byte[]> far = speak(peer, answer);
      assertThat(far.join()).isEqualTo(request);
      assertThat(near.join()).isEqualTo(answer);
    }
    Wait.until("all have ended", () -> proxy.clientsPerLoop().equals(List.of(0, 0)));
  }

  @Test
  void proxyAnswersLongAfterTheRequestHasEnded() throws Exception {
    ServerSocket target = target();
    Server proxy = proxy(target.getLocalSocketAddress());
    Socket client = connect(proxy);
    Socket peer = track(target.accept());
    send(client, "request");
    client.shutdownOutput();
    assertThat(receiveRest(peer)).isEqualTo("request");
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      send(peer, "part");
      all.add(receive(client, 4));
    }
    assertThat(all).containsOnly("part");
    peer.close();
    assertEnds(client);
    Wait.until("it has ended", () -> proxy.clientsPerLoop().equals(List.of(0, 0)));
  }
}
