package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.Frames;

/// What a client that breaks the rules of its framing gets, and how little it can cost.
public abstract class ServerFramesLimitContract extends ServerFramesSuite {
  private static final int LIMIT = 5;
  private static final int BIG_LIMIT = 100 * KIB;
  private static final int GIB = 1024 * MIB;
  private static final String TOO_LONG = Recorder.closed(CloseReason.FRAME_TOO_LONG);
  private static final String PROTOCOL = Recorder.closed(CloseReason.PROTOCOL);
  private static final String OK = Recorder.closed(CloseReason.OK);

  private static byte[] payload(Framing framing, int size) {
    return framing.payload(new SplittableRandom(size), size, Math.max(size, LIMIT));
  }

  @Test
  void frameOfExactlyTheLimitIsDelivered() throws Exception {
    for (Framing framing : Framing.limited()) {
      Cutting cutting = new Cutting(framing, LIMIT);
      Socket client = cutting.connect();
      List<byte[]> payloads = List.of(payload(framing, LIMIT), payload(framing, LIMIT));
      cutting.send(client, framing.encode(payloads));
      cutting.recorder.expectFrames(payloads);
      client.shutdownOutput();
      assertEnds(client);
      client.close();
      cutting.recorder.expect(Recorder.END, OK);
    }
  }

  @Test
  void frameOneByteLongerThanTheLimitIsAnsweredAndTheLast() throws Exception {
    for (Framing framing : Framing.limited()) {
      byte[] good = payload(framing, LIMIT);
      byte[] stream = framing.encode(List.of(good, payload(framing, LIMIT + 1), good, good));
      for (int piece : new int[] {stream.length, 1, 2, 3}) {
        Cutting cutting = new Cutting(framing, LIMIT);
        Socket client = cutting.connect();
        for (int at = 0; at < stream.length; at += piece) {
          cutting.send(client, stream, at, Math.min(at + piece, stream.length));
        }
        assertThat(receiveRest(client)).as(framing.name()).isEqualTo("sorry");
        send(client, "more");
        client.close();
        cutting.recorder.expect(text(good), Recorder.BAD, TOO_LONG);
        assertThat(cutting.recorder.events).as(framing.name()).isEmpty();
      }
    }
  }

  @Test
  void unfinishedFrameAtTheEndOfInputIsAnsweredAndAProtocolError() throws Exception {
    for (Framing framing : Framing.all()) {
      if (!framing.isLines()) {
        byte[] good = payload(framing, LIMIT);
        byte[] first = framing.encode(good);
        byte[] stream = framing.encode(List.of(good, good));
        Cutting cutting = new Cutting(framing, LIMIT);
        for (int end = first.length + 1; end < stream.length; end++) {
          Socket client = cutting.connect();
          cutting.send(client, stream, 0, end);
          client.shutdownOutput();
          assertThat(receiveRest(client)).as(framing.name()).isEqualTo("sorry");
          cutting.recorder.expect(text(good), Recorder.BAD, PROTOCOL);
        }
        assertThat(cutting.recorder.events).as(framing.name()).isEmpty();
      }
    }
  }

  @Test
  void unfinishedLineAtTheEndOfInputIsALine() throws Exception {
    Cutting cutting = new Cutting(Framing.lines(), LIMIT);
    for (int length = 1; length <= LIMIT; length++) {
      Socket client = cutting.connect();
      String last = "x".repeat(length);
      send(client, "first\n" + last);
      client.shutdownOutput();
      assertEnds(client);
      cutting.recorder.expect("first", last, Recorder.END, OK);
    }
    assertThat(cutting.recorder.events).isEmpty();
  }

  @Test
  void endOfInputBetweenFramesIsInOrder() throws Exception {
    for (Framing framing : Framing.all()) {
      Cutting cutting = new Cutting(framing, LIMIT);
      for (List<byte[]> payloads : List.of(List.<byte[]>of(), List.of(payload(framing, LIMIT)))) {
        Socket client = cutting.connect();
        cutting.send(client, framing.encode(payloads));
        client.shutdownOutput();
        assertEnds(client);
        cutting.recorder.expectFrames(payloads);
        cutting.recorder.expect(Recorder.END, OK);
      }
      assertThat(cutting.recorder.events).as(framing.name()).isEmpty();
    }
  }

  @Test
  void announcedLengthsTakeNoMemory() throws Exception {
    // All of them together announce more than this JVM can ever have.
    int clients = (int) (Runtime.getRuntime().maxMemory() / GIB) + 2;
    for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
      Cutting cutting = new Cutting(Framing.prefixed(4, order), Integer.MAX_VALUE);
      byte[] announcement = ByteBuffer.allocate(5).order(order).putInt(GIB).put((byte) 1).array();
      List<Socket> crowd = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        Socket client = cutting.connect();
        cutting.feed(client, announcement, 0, announcement.length);
        crowd.add(client);
      }
      for (Socket client : crowd) {
        client.shutdownOutput();
        assertThat(receiveRest(client)).isEqualTo("sorry");
        cutting.recorder.expect(Recorder.BAD, PROTOCOL);
      }
    }
  }

  @Test
  void announcedLengthsAreUnsigned() throws Exception {
    for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MIN_VALUE + 1}) {
      Cutting cutting = new Cutting(Framing.prefixed(4, ByteOrder.BIG_ENDIAN), Integer.MAX_VALUE);
      Socket client = cutting.connect();
      cutting.send(client, ByteBuffer.allocate(4).putInt(length).array());
      assertThat(receiveRest(client)).isEqualTo("sorry");
      client.close();
      cutting.recorder.expect(Recorder.BAD, TOO_LONG);
    }
  }

  @Test
  void ofAnEndlessFrameNoMoreThanTheLimitAndOnePieceIsTaken() throws Exception {
    for (Framing framing : List.of(Framing.lines(), Framing.delimited("\r\n"))) {
      Cutting cutting = new Cutting(framing, BIG_LIMIT);
      Socket client = cutting.connect();
      byte[] block = new byte[64 * KIB];
      Arrays.fill(block, (byte) '\r');
      Background<Long> sender =
          Background.start(() -> {
            while (true) {
              client.getOutputStream().write(block);
            }
          });
      assertThat(sender.failure()).isInstanceOf(SocketException.class);
      cutting.recorder.expect(Recorder.BAD, TOO_LONG);
      Tap tap = cutting.tap;
      assertThat(tap.taken.get() + tap.left.get())
          .as("bytes that the decoder was given")
          .isBetween((long) BIG_LIMIT, BIG_LIMIT + tap.largest.get());
      assertThat(cutting.recorder.events).as(framing.name()).isEmpty();
    }
  }

  @Test
  void failureOfTheHandlerOfABadFrameHurtsItsOwnConnectionOnly() throws Exception {
    Recorder failing =
        new Recorder() {
          @Override
          public void onBadFrame(Connection connection, String problem) {
            throw new IllegalStateException("planted");
          }
        };
    var server = serve(Frames.lines(LIMIT, failing));
    Socket other = connect(server);
    try (LogCapture log = new LogCapture()) {
      Socket client = connect(server);
      send(client, "too long\n");
      assertReset(client);
      failing.expect(Recorder.closed(CloseReason.HANDLER_ERROR));
      assertThat(log.thrown()).hasSize(1);
    }
    send(other, "fine\n");
    failing.expect("fine");
  }

  @Test
  void handlerIsToldWhatWasWrongInWords() throws Exception {
    Recorder answering =
        new Recorder() {
          @Override
          public void onBadFrame(Connection connection, String problem) {
            connection.write(bytes(problem));
          }
        };
    Socket tooLong = connect(serve(Frames.lines(LIMIT, answering)));
    send(tooLong, "too long\n");
    assertThat(receiveRest(tooLong)).contains("longer", "limit");
    Socket cut = connect(serve(Frames.fixedLength(LIMIT, answering)));
    send(cut, "cut");
    cut.shutdownOutput();
    assertThat(receiveRest(cut)).contains("ended");
  }
}
