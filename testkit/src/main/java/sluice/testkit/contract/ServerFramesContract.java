package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import sluice.server.Connection;
import sluice.server.Frames;

/// Frames are what the client encoded, however the stream is cut on its way.
public abstract class ServerFramesContract extends ServerFramesSuite {
  private static final int SHORT_LIMIT = 7;
  private static final int LONG_LIMIT = 200 * KIB;
  private static final int BURST = 5_000;

  private static List<byte[]> payloads(Framing framing, long seed, int count, int limit) {
    SplittableRandom random = new SplittableRandom(seed);
    List<byte[]> payloads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      payloads.add(framing.payload(random, random.nextInt(limit + 1), limit));
    }
    return payloads;
  }

  @Test
  void framesCutAtAnyByteArriveWhole() throws Exception {
    for (Framing framing : Framing.all()) {
      Cutting cutting = new Cutting(framing, SHORT_LIMIT);
      Socket client = cutting.connect();
      List<byte[]> payloads = new ArrayList<>(payloads(framing, 1, 2, SHORT_LIMIT));
      payloads.add(1, framing.payload(new SplittableRandom(2), 0, SHORT_LIMIT));
      byte[] stream = framing.encode(payloads);
      for (int cut = 1; cut < stream.length; cut++) {
        cutting.feed(client, stream, 0, cut);
        cutting.send(client, stream, cut, stream.length);
        cutting.recorder.expectFrames(payloads);
      }
      assertThat(cutting.recorder.events).as(framing.name()).isEmpty();
    }
  }

  @Test
  void framesThatArriveByteByByteAreWhole() throws Exception {
    for (Framing framing : Framing.all()) {
      Cutting cutting = new Cutting(framing, SHORT_LIMIT);
      Socket client = cutting.connect();
      List<byte[]> payloads = payloads(framing, 3, 4, SHORT_LIMIT);
      byte[] stream = framing.encode(payloads);
      for (int at = 0; at < stream.length; at++) {
        cutting.feed(client, stream, at, at + 1);
      }
      cutting.recorder.expectFrames(payloads);
      assertThat(cutting.recorder.events).as(framing.name()).isEmpty();
    }
  }

  @Test
  void manyFramesInOneSegmentArriveInOrder() throws Exception {
    for (Framing framing : Framing.all()) {
      Cutting cutting = new Cutting(framing, SHORT_LIMIT);
      Socket client = cutting.connect();
      List<byte[]> payloads = payloads(framing, 4, BURST, SHORT_LIMIT);
      cutting.send(client, framing.encode(payloads));
      cutting.recorder.expectFrames(payloads);
      assertThat(cutting.recorder.events).as(framing.name()).isEmpty();
    }
  }

  @Test
  void framesLongerThanAnyBufferArriveWhole() throws Exception {
    for (Framing framing : Framing.all()) {
      Cutting cutting = new Cutting(framing, LONG_LIMIT);
      Socket client = cutting.connect();
      List<byte[]> payloads = payloads(framing, 5, 12, LONG_LIMIT);
      cutting.send(client, framing.encode(payloads));
      cutting.recorder.expectFrames(payloads);
      assertThat(cutting.recorder.events).as(framing.name()).isEmpty();
    }
  }

  @Test
  void framesOfAllSizesSentInPiecesOfAllSizesComeBack() throws Exception {
    for (Framing framing : Framing.all()) {
      for (long seed = 1; seed <= 4; seed++) {
        SplittableRandom random = new SplittableRandom(seed);
        int limit = 1 << random.nextInt(1, 16);
        Cutting cutting = new Cutting(framing, limit);
        Socket client = cutting.connect();
        List<byte[]> payloads = payloads(framing, seed, 50, limit);
        byte[] stream = framing.encode(payloads);
        OutputStream out = client.getOutputStream();
        for (int at = 0, size; at < stream.length; at += size) {
          size = Math.min(stream.length - at, 1 << random.nextInt(17));
          out.write(stream, at, size);
        }
        cutting.recorder.expectFrames(payloads);
        assertThat(cutting.recorder.events).as("%s, %d", framing.name(), seed).isEmpty();
      }
    }
  }

  @Test
  void linesEndWithALineFeedThatACarriageReturnMayPrecede() throws Exception {
    Cutting cutting = new Cutting(Framing.lines(), 100);
    Socket client = cutting.connect();
    send(client, "one\ntwo\r\n\n\r\nfi\rve\n\r\r\n");
    cutting.recorder.expect("one", "two", "", "", "fi\rve", "\r");
    assertThat(cutting.recorder.events).isEmpty();
  }

  @Test
  void everyClientHasAnUnfinishedFrameOfItsOwn() throws Exception {
    Cutting cutting = new Cutting(Framing.prefixed(2, ByteOrder.BIG_ENDIAN), 100);
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      clients.add(cutting.connect());
    }
    byte[] frame = {0, 10, 0};
    for (int at = 0; at < 2 + 9; at++) {
      for (int i = 0; i < clients.size(); i++) {
        frame[2] = (byte) ('a' + i);
        cutting.feed(clients.get(i), frame, Math.min(at, 2), Math.min(at, 2) + 1);
      }
    }
    for (int i = 0; i < clients.size(); i++) {
      send(clients.get(i), "!");
      cutting.recorder.expect(String.valueOf((char) ('a' + i)).repeat(9) + "!");
    }
    assertThat(cutting.recorder.events).isEmpty();
  }

  @Test
  void framesMayBeWrittenBackWholeOrInPart() throws Exception {
    Recorder answering =
        new Recorder() {
          @Override
          public void onData(Connection connection, ByteBuffer data) {
            assertThat(data.isReadOnly()).isTrue();
            assertThat(data.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
            if (data.remaining() > 3) {
              connection.write(data.slice(data.position(), 1)); // another buffer
              data.position(data.position() + 1);
            }
            connection.write(data);
            connection.write(bytes("\n"));
          }
        };
    Socket client = connect(serve(Frames.lines(SHORT_LIMIT, answering)));
    byte[] stream = Framing.lines().encode(payloads(Framing.lines(), 6, BURST, SHORT_LIMIT));
    for (int i = 0; i < 3; i++) {
      client.getOutputStream().write(stream);
      assertSameBytes(receiveBytes(client, stream.length), stream);
    }
  }

  @Test
  void encodersRefuseExactlyWhatTheirDecoderWouldNotGiveBack() throws Exception {
    int refused = 0;
    for (Framing framing :
        List.of(Framing.lines(), Framing.delimited("\r\n"), Framing.delimited("aab"))) {
      Cutting cutting = new Cutting(framing, 100);
      byte[] end = framing.encode(new byte[0]);
      SplittableRandom random = new SplittableRandom(7);
      for (int i = 0; i < 300; i++) {
        byte[] payload = new byte[random.nextInt(6)];
        for (int at = 0; at < payload.length; at++) {
          payload[at] = (byte) "ab\r\n".charAt(random.nextInt(4));
        }
        byte[] frame = Arrays.copyOf(payload, payload.length + end.length);
        System.arraycopy(end, 0, frame, payload.length, end.length);
        List<String> frames = decode(cutting, frame);
        try {
          assertThat(framing.encode(payload)).isEqualTo(frame);
          assertThat(frames).containsExactly(text(payload));
        } catch (IllegalArgumentException _) {
          assertThat(frames).isNotEqualTo(List.of(text(payload)));
          refused++;
        }
      }
    }
    assertThat(refused).isBetween(100, 800);
  }

  /// Sends `stream` as a client of its own and returns the frames found, and any that is left.
  private static List<String> decode(Cutting cutting, byte[] stream) throws Exception {
    Socket client = cutting.connect();
    client.getOutputStream().write(stream);
    client.shutdownOutput();
    List<String> events = new ArrayList<>();
    do {
      events.add(await(cutting.recorder.events));
    } while (!events.getLast().startsWith("closed as"));
    client.close();
    events.remove(Recorder.END);
    events.removeLast();
    return events;
  }

  @Test
  void lengthsThatTheirPrefixCannotSayAreRefused() {
    for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
      for (int bytes = 1; bytes <= 3; bytes++) {
        int most = (1 << (8 * bytes)) - 1;
        int prefix = bytes;
        assertThat(Frames.encodeLengthPrefixed(prefix, order, new byte[most]).remaining())
            .isEqualTo(prefix + most);
        assertThatThrownBy(() -> Frames.encodeLengthPrefixed(prefix, order, new byte[most + 1]))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(String.valueOf(most + 1));
      }
    }
  }
}
