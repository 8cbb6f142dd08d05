package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.Listener;
import sluice.StreamSocket;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// Connections that a server opens itself: to whom, in which order, and that they are none of its
/// clients.
public abstract class ServerConnectContract extends ServerLoopsSuite {
  private static final int MANY = 200;

  /// Notes what it is told, as words.
  private static final class Out implements ConnectionHandler {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    final BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();

    @Override
    public void onOpen(Connection connection) {
      threads.add(Thread.currentThread());
      events.add("open");
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      events.add(new String(bytes, StandardCharsets.US_ASCII));
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) {
      events.add(reason.toString());
    }

    String next() throws Exception {
      return await(events);
    }
  }

  /// When a handler connects out.
  private enum When {
    ON_OPEN,
    ON_DATA
  }

  /// Connects out once.
  private static final class Connecting extends Echo {
    final Out out = new Out();
    final BlockingQueue<Connection> outgoing = new LinkedBlockingQueue<>();
    private final SocketAddress target;
    private final When when;
    private boolean done;

    Connecting(SocketAddress target, When when) {
      this.target = target;
      this.when = when;
    }

    private void connectIf(When now, Connection connection) throws IOException {
      if (now == when && !done) {
        done = true;
        Connection made = connection.connect(target, out);
        assertThat(made.isOpen()).isTrue();
        assertThat(made.server()).isSameAs(connection.server());
        assertThat(made.remoteAddress()).isEqualTo(target);
        made.write(bytes("early"));
        outgoing.add(made);
      }
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      super.onOpen(connection);
      connectIf(When.ON_OPEN, connection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      super.onData(connection, data);
      connectIf(When.ON_DATA, connection);
    }
  }

  private ServerSocket target() throws IOException {
    ServerSocket target = track(new ServerSocket(0, 1024, InetAddress.getLoopbackAddress()));
    target.setSoTimeout((int) LONG.toMillis());
    return target;
  }

  private Socket accept(ServerSocket target) throws IOException {
    Socket accepted = track(target.accept());
    accepted.setSoTimeout((int) LONG.toMillis());
    return accepted;
  }

  @Test
  void handlerConnectsOutWhenAClientComesOrSends() throws Exception {
    for (When when : When.values()) {
      ServerSocket target = target();
      Connecting handler = new Connecting(target.getLocalSocketAddress(), when);
      Socket client = connect(serve(handler));
      assertServed(client, "served");
      Socket peer = accept(target);
      assertThat(receive(peer, 5)).isEqualTo("early");
      assertThat(handler.out.next()).isEqualTo("open");
      send(peer, "answer");
      assertThat(handler.out.next()).isEqualTo("answer");
      Connection out = await(handler.outgoing);
      assertThat(out.write(bytes("late"))).isTrue();
      assertThat(receive(peer, 4)).isEqualTo("late");
      peer.close();
      assertThat(handler.out.next()).isEqualTo("ok");
      assertThat(out.isOpen()).isFalse();
      assertServed(client, "goes on");
    }
  }

  @Test
  void writesBeforeItIsConnectedArriveInOrder() throws Exception {
    ServerSocket target = target();
    Echo handler = new Echo();
    connect(serve(handler));
    Connection connection = handler.next();
    Out out = new Out();
    StringBuilder expected = new StringBuilder();
    Connection made;
    try (Blocked _ = new Blocked(connection)) {
      made = connection.connect(target.getLocalSocketAddress(), out);
      for (int i = 0; i < 1_000; i++) {
        assertThat(made.write(bytes(i + " "))).isTrue();
        expected.append(i).append(' ');
      }
    }
    assertThat(out.next()).isEqualTo("open");
    made.write(bytes("last"));
    made.close();
    assertThat(receiveRest(accept(target))).isEqualTo(expected + "last");
    assertThat(out.events).doesNotContain("open");
  }

  @Test
  void outgoingConnectionLivesOnTheLoopOfTheOneThatMadeIt() throws Exception {
    ServerSocket target = target();
    Echo handler = new Echo();
    Server server = serve(handler, 3);
    for (Client client : join(server, handler, 6)) {
      BlockingQueue<Thread> its = new LinkedBlockingQueue<>();
      client.connection().execute(() -> its.add(Thread.currentThread()));
      Out out = new Out();
      Connection _ = client.connection().connect(target.getLocalSocketAddress(), out);
      assertThat(await(out.threads)).isSameAs(await(its));
    }
    target.close();
  }

  @Test
  void outgoingConnectionsAreNoClients() throws Exception {
    ServerSocket target = target();
    Connecting handler = new Connecting(target.getLocalSocketAddress(), When.ON_OPEN);
    Server server = serve(handler, 2);
    Client client = join(server, handler);
    Socket peer = accept(target);
    assertThat(handler.out.next()).isEqualTo("open");
    assertThat(server.clientsPerLoop()).containsExactly(1, 0);
    server.broadcast(bytes("news"));
    assertThat(receive(client.socket(), 4)).isEqualTo("news");
    await(handler.outgoing).write(bytes(" and no news"));
    assertThat(receive(peer, 17)).isEqualTo("early and no news");
    peer.close();
    assertThat(handler.out.next()).isEqualTo("ok");
    assertThat(server.clientsPerLoop()).containsExactly(1, 0);
  }

  @Test
  void refusedConnectIsToldOnceAndNothingElseIs() throws Exception {
    for (When when : When.values()) {
      Connecting handler = new Connecting(refusingAddress(), when);
      Server server = serve(handler);
      Socket client = connect(server);
      assertServed(client, "served");
      assertThat(handler.out.next()).isEqualTo("connect_failed");
      Connection made = await(handler.outgoing);
      assertThat(made.isOpen()).isFalse();
      assertThat(made.write(bytes("late"))).isFalse();
      made.close();
      made.abort();
      assertServed(client, "goes on");
      client.close();
      server.close();
      assertThat(handler.out.events).isEmpty();
    }
  }

  @Test
  void refusedConnectsOfAnotherThreadLeaveNoDescriptor() throws Exception {
    SocketAddress nobody = refusingAddress();
    Echo handler = new Echo();
    connect(serve(handler));
    Connection connection = handler.next();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < MANY; i++) {
        Out out = new Out();
        Connection made = connection.connect(nobody, out);
        made.write(bytes("in vain"));
        assertThat(out.next()).isEqualTo("connect_failed");
      }
    });
  }

  @Test
  void manyConnectOutInOneCallback() throws Exception {
    ServerSocket target = target();
    Out out = new Out();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            for (int i = 0; i < MANY; i++) {
              connection.connect(target.getLocalSocketAddress(), out).write(bytes("x"));
            }
          }
        };
    Socket client = connect(serve(handler));
    send(client, "x");
    for (int i = 0; i < MANY; i++) {
      Socket peer = accept(target);
      assertThat(receive(peer, 1)).isEqualTo("x");
      assertThat(out.next()).isEqualTo("open");
    }
    assertThat(out.events).isEmpty();
  }

  @Test
  void peerThatResetsIsToldAsPeerReset() throws Exception {
    ServerSocket target = target();
    Connecting handler = new Connecting(target.getLocalSocketAddress(), When.ON_OPEN);
    connect(serve(handler));
    Socket peer = accept(target);
    assertThat(receive(peer, 5)).isEqualTo("early");
    assertThat(handler.out.next()).isEqualTo("open");
    reset(peer);
    assertThat(handler.out.next()).isEqualTo("peer_reset");
  }

  @Test
  void connectsToUnixDomainAddresses() throws Exception {
    Listener target = listen(unixAddress());
    Connecting handler = new Connecting(target.localAddress(), When.ON_OPEN);
    connect(serve(handler));
    StreamSocket peer = accept(target);
    assertThat(receive(peer, 5)).isEqualTo("early");
    assertThat(handler.out.next()).isEqualTo("open");
    peer.write(bytes("answer"));
    assertThat(handler.out.next()).isEqualTo("answer");
    peer.close();
    assertThat(handler.out.next()).isEqualTo("ok");
  }

  @Test
  void unixDomainAddressOfNobodyFailsAtOnceOrIsToldOnce() throws Exception {
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    SocketAddress nobody = unixAddress();
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < MANY; i++) {
        Out out = new Out();
        try {
          Connection _ = connection.connect(nobody, out);
        } catch (IOException e) {
          assertThat(e).hasMessageContaining(nobody.toString());
          continue;
        }
        assertThat(out.next()).isEqualTo("connect_failed");
      }
    });
    assertServed(client, "goes on");
  }

  @Test
  void unresolvedAddressIsRefused() throws Exception {
    SocketAddress unresolved = InetSocketAddress.createUnresolved("example.invalid", 80);
    AtomicReference<@Nullable Exception> refusal = new AtomicReference<>();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            try {
              Connection _ = connection.connect(unresolved, new Out());
            } catch (IllegalArgumentException | IOException e) {
              refusal.set(e);
            }
            connection.write(data);
          }
        };
    Socket client = connect(serve(handler));
    assertServed(client, "goes on");
    assertThat(refusal.get())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("example.invalid");
    Connection connection = handler.next();
    assertThatThrownBy(() -> connection.connect(unresolved, new Out()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
