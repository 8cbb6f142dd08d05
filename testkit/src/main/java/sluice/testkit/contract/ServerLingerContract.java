package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// What is left behind: answers on their way when the server closes, shares of the loop, memory.
public abstract class ServerLingerContract extends ServerSuite {
  private static final int ROUNDS = 50;
  private static final int ANSWER_BYTES = MIB;
  private static final int REQUEST_BYTES = 240 * KIB;
  private static final int PIECE_BYTES = 4 * KIB;
  private static final int FLOOD_BYTES = 8 * MIB;

  /// Bytes of a flood that another client may have to wait for: some turns' worth.
  private static final int FLOOD_SHARE_BYTES = MIB;

  private static final int SHORT_CONNECTIONS = 2_000;

  @Test
  void answerIsCompleteThoughTheClientIsStillSending() throws Exception {
    byte[] answer = randomBytes(1, ANSWER_BYTES);
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(ByteBuffer.wrap(answer));
            connection.close();
          }
        };
    Server server = serve(handler);
    for (int i = 0; i < ROUNDS; i++) {
      Socket client = connect(server, 32 * KIB);
      Background<Integer> sender =
          Background.start(() -> {
            int sent = 0;
            for (; sent < REQUEST_BYTES; sent += PIECE_BYTES) {
              client.getOutputStream().write(new byte[PIECE_BYTES]);
            }
            return sent;
          });
      assertSameBytes(receiveBytes(client, ANSWER_BYTES), answer);
      assertEnds(client);
      assertThat(sender.join()).isEqualTo(REQUEST_BYTES);
      client.close();
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    }
  }

  @Test
  void resetAfterEverythingHasArrivedIsNoFailure() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(data);
            connection.close();
          }
        };
    Server server = serve(handler);
    for (int i = 0; i < ROUNDS; i++) {
      Socket client = connect(server);
      send(client, "x");
      assertThat(receiveBytes(client, 1)).containsExactly('x');
      assertEnds(client);
      reset(client);
      assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    }
  }

  @Test
  void floodOfOneClientDoesNotKeepTheOthersWaitingForAllOfIt() throws Exception {
    AtomicLong flooded = new AtomicLong();
    BlockingQueue<Long> before = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            if (data.get(data.position()) == 'm') {
              before.add(flooded.get());
              connection.write(data);
            } else {
              flooded.addAndGet(data.remaining());
            }
          }
        };
    Server server = serve(handler);
    Socket flooder = connect(server);
    Connection connection = handler.next();
    List<Socket> others = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      others.add(connect(server));
      handler.next();
    }
    Background<Integer> flood;
    try (Blocked _ = new Blocked(connection)) {
      CountingSender sender = new CountingSender(flooder);
      flood = Background.start(sender::flood);
      ServerFlowContract.awaitStandstill(sender.sent); // the system takes no more
      for (Socket other : others) {
        send(other, "me");
      }
    }
    for (Socket other : others) {
      assertThat(receive(other, 2)).isEqualTo("me");
      assertThat(await(before)).as("bytes of the flood before").isLessThan(FLOOD_SHARE_BYTES);
    }
    assertThat(flood.join()).isEqualTo(FLOOD_BYTES);
    Wait.until("the flood has arrived", () -> flooded.get() == FLOOD_BYTES);
  }

  /// A client that sends much and counts it.
  private record CountingSender(Socket client, AtomicLong sent) {
    CountingSender(Socket client) {
      this(client, new AtomicLong());
    }

    int flood() throws IOException {
      byte[] block = new byte[64 * KIB];
      while (sent.get() < FLOOD_BYTES) {
        client.getOutputStream().write(block);
        sent.addAndGet(block.length);
      }
      return (int) sent.get();
    }
  }

  @Test
  void clientThatStaysAndSaysNothingIsNotWaitedForForEver() throws Exception {
    ServerSuite.Echo closing =
        new ServerSuite.Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.close();
          }
        };
    Socket client = connect(serve(closing));
    send(client, "bye");
    assertEnds(client);
    assertThat(closing.reason()).isEqualTo(CloseReason.OK);
    assertThat(client.isClosed()).isFalse();
  }

  @Test
  void nothingIsKeptOfConnectionsThatHaveEnded() throws Exception {
    ConcurrentLinkedQueue<WeakReference<Object>> remembered = new ConcurrentLinkedQueue<>();
    BlockingQueue<CloseReason> closed = new LinkedBlockingQueue<>();
    Server server =
        track(
            Server.builder()
                .backend(backend())
                .listen(loopback())
                .handlerPerConnection(() -> new Remembered(remembered, closed))
                .start());
    for (int i = 0; i < SHORT_CONNECTIONS; i++) {
      try (Socket client = new Socket()) {
        client.connect(address(server));
        if (i % 2 == 0) {
          assertServed(client, "short");
        } else {
          client.setSoLinger(true, 0);
        }
      }
    }
    for (int i = 0; i < SHORT_CONNECTIONS; i++) {
      await(closed);
    }
    Socket last = connect(server);
    assertServed(last, "still served"); // and what the loop had in its hands is another one's
    Wait.until(
        "all but the last connection are forgotten",
        () -> {
          System.gc();
          return remembered.stream().filter(one -> one.get() != null).count() <= 2;
        });
    assertServed(last, "not forgotten");
  }

  /// Has itself and its connection remembered, weakly.
  private static final class Remembered implements ConnectionHandler {
    private final ConcurrentLinkedQueue<WeakReference<Object>> remembered;
    private final BlockingQueue<CloseReason> closed;

    Remembered(
        ConcurrentLinkedQueue<WeakReference<Object>> remembered,
        BlockingQueue<CloseReason> closed) {
      this.remembered = remembered;
      this.closed = closed;
      remembered.add(new WeakReference<>(this));
    }

    @Override
    public void onOpen(Connection connection) {
      remembered.add(new WeakReference<>(connection));
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      connection.write(data);
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) {
      closed.add(reason);
    }
  }
}
