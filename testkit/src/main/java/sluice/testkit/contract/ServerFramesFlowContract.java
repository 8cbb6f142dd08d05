package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Frames;
import sluice.server.Server;

/// Frames stop where the handler or the client stops, and go on with exactly the next one.
public abstract class ServerFramesFlowContract extends ServerFramesSuite {
  private static final int FRAMES = 200;
  private static final int MANY_FRAMES = 10_000;
  private static final int BURST = 100_000;

  /// Frames of a burst that another client may have to wait for: some turns' worth.
  private static final int BURST_SHARE = 1_000;

  private static final int ANSWER_BYTES = 8 * KIB;

  /// See `ServerFlowContract`.
  private static final int SYSTEM_BYTES_MAX = 16 * MIB;

  private static String numbered(int count) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append(i).append('\n');
    }
    return lines.toString();
  }

  @Test
  void pauseBetweenTwoFramesHoldsBackTheNext() throws Exception {
    AtomicBoolean paused = new AtomicBoolean();
    BlockingQueue<String> wrong = new LinkedBlockingQueue<>();
    Recorder pausing =
        new Recorder() {
          @Override
          public void onData(Connection connection, ByteBuffer data) throws Exception {
            if (paused.getAndSet(true)) {
              wrong.add("frame while paused");
            }
            connection.pauseReading();
            super.onData(connection, data);
          }

          @Override
          public void onInputClosed(Connection connection) throws Exception {
            if (paused.get()) {
              wrong.add("end while paused");
            }
            super.onInputClosed(connection);
          }
        };
    Socket client = connect(serve(Frames.lines(10, pausing)));
    Connection connection = pausing.next();
    send(client, numbered(FRAMES));
    client.shutdownOutput();
    for (int i = 0; i < FRAMES; i++) {
      pausing.expect(String.valueOf(i));
      assertThat(pausing.events.poll(1, TimeUnit.MILLISECONDS)).as("comes while paused").isNull();
      paused.set(false);
      connection.resumeReading();
    }
    pausing.expect(Recorder.END);
    assertEnds(client);
    pausing.expect(Recorder.closed(CloseReason.OK));
    assertThat(wrong).isEmpty();
  }

  @Test
  void pausesAtRandomLoseNoFrame() throws Exception {
    for (long seed = 1; seed <= 5; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Recorder pausing =
          new Recorder() {
            @Override
            public void onData(Connection connection, ByteBuffer data) throws Exception {
              super.onData(connection, data);
              switch (random.nextInt(64)) {
                case 0 -> {
                  connection.pauseReading();
                  connection.resumeReading();
                }
                case 1, 2 -> {
                  connection.pauseReading();
                  connection.execute(connection::resumeReading);
                }
                default -> {}
              }
            }
          };
      Socket client = connect(serve(Frames.lines(10, pausing)));
      send(client, numbered(MANY_FRAMES));
      client.shutdownOutput();
      for (int i = 0; i < MANY_FRAMES; i++) {
        pausing.expect(String.valueOf(i));
      }
      pausing.expect(Recorder.END, Recorder.closed(CloseReason.OK));
    }
  }

  @Test
  void framesOfAClientThatHasLeftAreDeliveredBeforeItsEnd() throws Exception {
    Recorder pausing =
        new Recorder() {
          @Override
          public void onOpen(Connection connection) throws Exception {
            connection.pauseReading();
            super.onOpen(connection);
          }
        };
    Server server = serve(Frames.lengthPrefixed(1, ByteOrder.BIG_ENDIAN, 10, pausing));
    Socket client = connect(server);
    Connection connection = pausing.next();
    for (int i = 0; i < FRAMES; i++) {
      send(client, "\2ab");
    }
    send(client, "\2a"); // unfinished
    client.close();
    assertThat(pausing.events).isEmpty();
    connection.resumeReading();
    for (int i = 0; i < FRAMES; i++) {
      pausing.expect("ab");
    }
    pausing.expect(Recorder.BAD);
    // Its answer to the bad frame may find the client gone.
    assertThat(await(pausing.events)).startsWith("closed as");
    assertThat(pausing.events).isEmpty();
  }

  /// Notes the frames, and does something behind one of them: the first, one of those that wait for
  /// a turn of their own, or the last one of a turn.
  private static final class Interrupted extends Recorder {
    static final int[] PLACES = {0, 31, 32, 100};
    private final int place;
    private final Consumer<Connection> action;

    Interrupted(int place, Consumer<Connection> action) {
      this.place = place;
      this.action = action;
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      String frame = text(data);
      events.add(frame);
      if (frame.equals(String.valueOf(place))) {
        action.accept(connection);
      }
    }

    void expectNothingBehind(CloseReason reason) throws Exception {
      for (int i = 0; i <= place; i++) {
        expect(String.valueOf(i));
      }
      expect(closed(reason));
      assertThat(events).isEmpty();
    }
  }

  @Test
  void closeBetweenTwoFramesIsTheEndOfThem() throws Exception {
    for (int place : Interrupted.PLACES) {
      Interrupted closing =
          new Interrupted(
              place,
              connection -> {
                connection.write(bytes("bye"));
                connection.close();
              });
      Socket client = connect(serve(Frames.lines(10, closing)));
      send(client, numbered(FRAMES));
      assertThat(receiveRest(client)).isEqualTo("bye");
      client.close();
      closing.expectNothingBehind(CloseReason.OK);
    }
  }

  @Test
  void abortBetweenTwoFramesIsTheEndOfThem() throws Exception {
    for (int place : Interrupted.PLACES) {
      Interrupted aborting = new Interrupted(place, Connection::abort);
      Socket client = connect(serve(Frames.lines(10, aborting)));
      send(client, numbered(FRAMES));
      assertReset(client);
      aborting.expectNothingBehind(CloseReason.KICKED);
    }
  }

  @Test
  void failureBetweenTwoFramesIsTheEndOfThem() throws Exception {
    for (int place : Interrupted.PLACES) {
      Interrupted failing =
          new Interrupted(
              place,
              _ -> {
                throw new IllegalStateException("planted");
              });
      try (LogCapture _ = new LogCapture()) {
        Socket client = connect(serve(Frames.lines(10, failing)));
        send(client, numbered(FRAMES));
        assertReset(client);
        failing.expectNothingBehind(CloseReason.HANDLER_ERROR);
      }
    }
  }

  @Test
  void clientThatTakesNoAnswersGetsNoMoreFramesUntilItDoes() throws Exception {
    int frames = 4_000; // their answers are more than the system holds on the way
    AtomicLong delivered = new AtomicLong();
    Recorder answering =
        new Recorder() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            delivered.incrementAndGet();
            connection.write(answer(Integer.parseInt(text(data))));
          }
        };
    Server server = serve(Frames.lines(10, answering));
    Socket client = connect(server, 64 * KIB);
    send(client, numbered(frames));
    client.shutdownOutput();
    ServerFlowContract.awaitStandstill(delivered);
    assertThat(delivered.get() * ANSWER_BYTES).isLessThan(SYSTEM_BYTES_MAX);
    for (int i = 0; i < frames; i++) {
      assertSameBytes(receiveBytes(client, ANSWER_BYTES), answer(i).array());
    }
    assertEnds(client);
    answering.expect(Recorder.END, Recorder.closed(CloseReason.OK));
  }

  private static ByteBuffer answer(int number) {
    byte[] answer = new byte[ANSWER_BYTES];
    Arrays.fill(answer, (byte) number);
    return ByteBuffer.wrap(answer).putInt(0, number);
  }

  @Test
  void burstOfOneClientDoesNotKeepTheOthersWaitingForAllOfIt() throws Exception {
    AtomicInteger ofTheBurst = new AtomicInteger();
    BlockingQueue<Integer> before = new LinkedBlockingQueue<>();
    Recorder counting =
        new Recorder() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            if (data.hasRemaining()) {
              before.add(ofTheBurst.get());
              connection.write(data);
            } else {
              ofTheBurst.incrementAndGet();
            }
          }
        };
    Server server = serve(Frames.lines(10, counting));
    Socket greedy = connect(server);
    Connection connection = counting.next();
    List<Socket> others = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      others.add(connect(server));
      counting.next();
    }
    byte[] burst = new byte[BURST];
    Arrays.fill(burst, (byte) '\n');
    try (Blocked _ = new Blocked(connection)) {
      greedy.getOutputStream().write(burst);
      for (Socket other : others) {
        send(other, "me\n");
      }
    }
    for (Socket other : others) {
      assertThat(receive(other, 2)).isEqualTo("me");
      assertThat(await(before)).as("frames of the burst before").isLessThan(BURST_SHARE);
    }
    Wait.until("the burst is delivered", () -> ofTheBurst.get() == BURST);
  }
}
