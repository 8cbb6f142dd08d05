package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Server;

/// Every byte, in order, however many there are and whatever happens beside them.
public abstract class ServerTransferContract extends ServerSuite {
  private static final long ECHO_BYTES = 64L * MIB;
  private static final long PUMP_BYTES = 100L * MIB;
  private static final int BLOCK_BYTES = 64 * KIB;
  private static final int SMALL_WRITES = 10_000;
  private static final int CONNECTIONS = 4;
  private static final int REQUESTS = 2_500;
  private static final int REQUEST_BYTES = 512;
  private static final int RELAY_BYTES = 8 * MIB;
  private static final int ROUNDS = 200;

  /// A digest of what passed by.
  private static final class Digest {
    private final MessageDigest digest;
    private long bytes;

    Digest() throws Exception {
      digest = MessageDigest.getInstance("SHA-1");
    }

    void add(byte[] data, int count) {
      digest.update(data, 0, count);
      bytes += count;
    }

    /// Reads to the end.
    Digest read(Socket from) throws IOException {
      byte[] block = new byte[BLOCK_BYTES];
      InputStream in = from.getInputStream();
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        add(block, count);
      }
      return this;
    }

    List<Object> result() {
      return List.of(bytes, java.util.HexFormat.of().formatHex(digest.digest()));
    }
  }

  /// Data without repetition that costs nothing to make.
  private static void fill(byte[] block, long number) {
    for (int i = 0; i < block.length; i += Long.BYTES) {
      ByteBuffer.wrap(block).putLong(i, (number * block.length + i) * 0x9E3779B97F4A7C15L);
    }
  }

  @Test
  void sixtyFourMebibytesComeBackByteForByte() throws Exception {
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    Background<List<Object>> sender =
        Background.start(() -> {
          Digest sent = new Digest();
          byte[] block = new byte[BLOCK_BYTES];
          for (long number = 0; number < ECHO_BYTES / BLOCK_BYTES; number++) {
            fill(block, number);
            client.getOutputStream().write(block);
            sent.add(block, block.length);
          }
          client.shutdownOutput();
          return sent.result();
        });
    List<Object> received = new Digest().read(client).result();
    assertThat(received).isEqualTo(sender.join());
    assertThat(received.getFirst()).isEqualTo(ECHO_BYTES);
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
  }

  @Test
  void handlerThatWritesWhileItMayIsToldEachTimeToGoOn() throws Exception {
    Digest sent = new Digest();
    Echo handler =
        new Echo() {
          private final byte[] block = new byte[10_000];
          private long number;

          @Override
          public void onData(Connection connection, ByteBuffer data) {
            onWritable(connection);
          }

          @Override
          public void onWritable(Connection connection) {
            boolean goOn = true;
            while (goOn && number < PUMP_BYTES / block.length) {
              fill(block, number++);
              sent.add(block, block.length);
              goOn = connection.write(ByteBuffer.wrap(block));
            }
            if (goOn) {
              connection.close();
            }
          }
        };
    Socket client = connect(serve(handler));
    send(client, "x");
    List<Object> received = new Digest().read(client).result();
    client.close();
    assertThat(handler.reason()).isEqualTo(CloseReason.OK);
    assertThat(received).isEqualTo(sent.result());
  }

  @Test
  void tenThousandSmallWritesOfOneCallbackArriveInOrder() throws Exception {
    Echo handler =
        new Echo() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            for (int i = 0; i < SMALL_WRITES; i++) {
              connection.write(zeros(4).putInt(0, i));
            }
          }
        };
    Socket client = connect(serve(handler));
    send(client, "x");
    ByteBuffer received = ByteBuffer.wrap(receiveBytes(client, 4 * SMALL_WRITES));
    for (int i = 0; i < SMALL_WRITES; i++) {
      assertThat(received.getInt()).isEqualTo(i);
    }
  }

  @Test
  void thousandsOfRequestsOnAFewConnectionsAreAnsweredExactly() throws Exception {
    Server server = serve(new Echo());
    List<Background<Integer>> clients = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      Socket client = connect(server);
      long seed = i;
      clients.add(
          Background.start(() -> {
            for (int n = 0; n < REQUESTS; n++) {
              byte[] request = randomBytes(seed * REQUESTS + n, REQUEST_BYTES);
              client.getOutputStream().write(request);
              assertSameBytes(receiveBytes(client, REQUEST_BYTES), request);
            }
            return REQUESTS;
          }));
    }
    for (Background<Integer> client : clients) {
      assertThat(client.join()).isEqualTo(REQUESTS);
    }
  }

  /// Hands what each of two clients sends to the other, and reads no faster than that one takes it.
  private static final class Relay extends Echo {
    private final List<Connection> both = new ArrayList<>();

    private Connection peer(Connection of) {
      return both.get(1 - both.indexOf(of));
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      both.add(connection);
      super.onOpen(connection);
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      if (!peer(connection).write(data)) {
        connection.pauseReading();
      }
    }

    @Override
    public void onWritable(Connection connection) {
      peer(connection).resumeReading();
    }
  }

  @Test
  void twoClientsThatTalkThroughTheServerLoseNoByte() throws Exception {
    Relay relay = new Relay();
    Server server = serve(relay);
    Socket quick = connect(server, BLOCK_BYTES);
    relay.next();
    Socket slow = connect(server, BLOCK_BYTES);
    relay.next();
    byte[] toSlow = randomBytes(1, RELAY_BYTES);
    byte[] toQuick = randomBytes(2, RELAY_BYTES);
    Background<Integer> quickSender = Background.start(() -> sendAll(quick, toSlow));
    Background<Integer> slowSender = Background.start(() -> sendAll(slow, toQuick));
    Background<byte[]> received = Background.start(() -> receiveBytes(quick, RELAY_BYTES));
    for (int at = 0; at < RELAY_BYTES; at += KIB) {
      byte[] piece = Arrays.copyOfRange(toSlow, at, at + KIB);
      assertSameBytes(receiveBytes(slow, KIB), piece);
    }
    assertSameBytes(received.join(), toQuick);
    quickSender.join();
    slowSender.join();
    assertThat(relay.closed).isEmpty();
  }

  private static int sendAll(Socket client, byte[] data) throws IOException {
    client.getOutputStream().write(data);
    return data.length;
  }

  @Test
  void writesToAnotherConnectionInOnWritableKeepTheirOrder() throws Exception {
    AtomicReference<@Nullable Connection> target = new AtomicReference<>();
    Echo handler =
        new Echo() {
          private int number;

          @Override
          public void onData(Connection connection, ByteBuffer data) {
            connection.write(zeros(70 * KIB));
          }

          @Override
          public void onWritable(Connection connection) {
            Connection other = target.get();
            if (other != null) {
              other.write(zeros(4).putInt(0, number));
              other.write(zeros(4).putInt(0, ~number));
              number++;
            }
          }
        };
    Server server = serve(handler);
    Socket second = connect(server);
    target.set(handler.next());
    Socket first = connect(server);
    for (int i = 0; i < ROUNDS; i++) {
      send(first, "x");
      receiveBytes(first, 70 * KIB);
    }
    ByteBuffer received = ByteBuffer.wrap(receiveBytes(second, 8 * ROUNDS));
    for (int i = 0; i < ROUNDS; i++) {
      assertThat(received.getInt()).isEqualTo(i);
      assertThat(received.getInt()).isEqualTo(~i);
    }
  }

  @Test
  void pausesAndResumesOfAnotherThreadLoseNoByte() throws Exception {
    Echo handler = new Echo();
    Socket client = connect(serve(handler));
    Connection connection = handler.next();
    byte[] data = randomBytes(1, RELAY_BYTES);
    CountDownLatch pausing = new CountDownLatch(1);
    AtomicBoolean received = new AtomicBoolean();
    Background<Boolean> pauser =
        Background.start(() -> {
          while (!received.get()) {
            connection.pauseReading();
            pausing.countDown();
            connection.resumeReading();
          }
          return true;
        });
    await(pausing);
    Background<Integer> sender = Background.start(() -> sendAll(client, data));
    assertSameBytes(receiveBytes(client, RELAY_BYTES), data);
    received.set(true);
    sender.join();
    pauser.join();
    assertServed(client, "goes on");
  }

  @Test
  void urgentDataDoesNotDisturbTheRest() throws Exception {
    Socket client = connect(serve(new Echo()));
    for (int i = 0; i < 3; i++) {
      assertServed(client, "before");
      client.sendUrgentData('!');
      client.sendUrgentData('?');
      assertServed(client, "after");
    }
  }

  @Test
  void unixClientThatEndsRightBehindItsDataIsAnswered() throws Exception {
    var unix = unixAddress();
    var server = Server.builder().backend(backend()).listen(unix).handler(new Echo()).start();
    track(server);
    ByteBuffer answer = ByteBuffer.allocate(16);
    for (int i = 0; i < ROUNDS; i++) {
      try (SocketChannel client = SocketChannel.open(unix)) {
        client.write(bytes("question"));
        client.shutdownOutput();
        answer.clear();
        while (client.read(answer) >= 0) {}
        assertThat(answer.position()).isEqualTo(8);
      }
    }
  }

  @Test
  void dataBeforeAResetIsDeliveredThoughReadingWasPaused() throws Exception {
    BlockingQueue<Integer> arrived = new LinkedBlockingQueue<>();
    Echo handler =
        new Echo() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            connection.pauseReading();
            super.onOpen(connection);
          }

          @Override
          public void onData(Connection connection, ByteBuffer data) {
            arrived.add(data.remaining());
          }
        };
    Server server = serve(handler);
    for (int i = 0; i < 20; i++) {
      Socket client = connect(server);
      Connection connection = handler.next();
      send(client, "last words");
      reset(client);
      connection.resumeReading();
      assertThat(await(arrived)).isEqualTo(10);
      assertThat(handler.reason()).isEqualTo(CloseReason.PEER_RESET);
      connection.resumeReading(); // nothing is left to be read
    }
    assertThat(arrived).isEmpty();
  }

  @Test
  void writesToAClientThatHasLeftAreRefusedAtLast() throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      Echo handler =
          new Echo() {
            @Override
            public void onInputClosed(Connection connection) {
              // goes on writing to nobody
            }
          };
      Socket client = connect(serve(handler));
      Connection connection = handler.next();
      if (reset) {
        reset(client);
      } else {
        client.close();
      }
      Wait.until("refused", () -> !connection.write(bytes("x")) && !connection.isOpen());
      assertThat(handler.reason()).isEqualTo(CloseReason.PEER_RESET);
      ByteBuffer late = bytes("late");
      assertThat(connection.write(late)).isFalse();
      assertThat(late.remaining()).isEqualTo(4);
      assertThat(handler.closed).isEmpty();
    }
  }
}
