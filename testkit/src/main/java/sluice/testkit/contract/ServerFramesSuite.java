package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Frames;
import sluice.server.Server;

/// What the suites about frames share: every way to cut a stream, and handlers that note what they
/// are told.
public abstract class ServerFramesSuite extends ServerSuite {
  /// Wraps a handler; `limit` is what the frames are limited to, or their one length.
  @FunctionalInterface
  interface Cutter {
    ConnectionHandler wrap(int limit, ConnectionHandler inner);
  }

  /// A way to cut a stream.
  ///
  /// @param payloadMax the most bytes of a frame that it can express
  /// @param never a byte that no payload has, so that none has what ends a frame
  record Framing(
      String name, int payloadMax, int never, Cutter cutter, UnaryOperator<byte[]> encoder) {
    private static final int NONE = 256;

    static Framing lines() {
      UnaryOperator<byte[]> encoder = payload -> Frames.encodeLine(payload).array();
      return new Framing("lines", Integer.MAX_VALUE, '\n', Frames::lines, encoder);
    }

    static Framing fixed() {
      UnaryOperator<byte[]> encoder = UnaryOperator.identity();
      return new Framing("fixed", Integer.MAX_VALUE, NONE, Frames::fixedLength, encoder);
    }

    static Framing prefixed(int bytes, ByteOrder order) {
      return new Framing(
          "prefixed " + bytes + " " + order,
          bytes == 4 ? Integer.MAX_VALUE : (1 << (8 * bytes)) - 1,
          NONE,
          (limit, inner) -> Frames.lengthPrefixed(bytes, order, limit, inner),
          payload -> Frames.encodeLengthPrefixed(bytes, order, payload).array());
    }

    static Framing delimited(String text) {
      byte[] delimiter = latin1(text);
      return new Framing(
          "delimited by " + text.codePoints().boxed().toList(),
          Integer.MAX_VALUE,
          delimiter[delimiter.length - 1],
          (limit, inner) -> Frames.delimited(delimiter, limit, inner),
          payload -> Frames.encodeDelimited(delimiter, payload).array());
    }

    static List<Framing> all() {
      List<Framing> all = new ArrayList<>();
      all.add(lines());
      all.add(
          new Framing(
              "lines with CR",
              Integer.MAX_VALUE,
              '\n',
              Frames::lines,
              payload -> latin1(text(payload) + "\r\n")));
      all.add(fixed());
      for (int bytes = 1; bytes <= 4; bytes++) {
        all.add(prefixed(bytes, ByteOrder.BIG_ENDIAN));
        all.add(prefixed(bytes, ByteOrder.LITTLE_ENDIAN));
      }
      all.add(delimited("\r\n\r\n"));
      all.add(delimited("aab"));
      all.add(delimited("\0"));
      return all;
    }

    /// Those whose frames are of any length.
    static List<Framing> limited() {
      return all().stream().filter(framing -> !framing.isFixed()).toList();
    }

    boolean isFixed() {
      return name.equals("fixed");
    }

    boolean isLines() {
      return name.startsWith("lines");
    }

    /// Returns a payload of about `size` bytes that fits a handler wrapped with `limit`.
    byte[] payload(SplittableRandom random, int size, int limit) {
      byte[] payload = new byte[isFixed() ? limit : Math.min(size, Math.min(limit, payloadMax))];
      random.nextBytes(payload);
      for (int i = 0; i < payload.length; i++) {
        if (payload[i] == never || payload[i] == '\r') {
          payload[i] = '.';
        }
      }
      return payload;
    }

    byte[] encode(byte[] payload) {
      return encoder.apply(payload);
    }

    byte[] encode(List<byte[]> payloads) {
      ByteArrayOutputStream stream = new ByteArrayOutputStream();
      payloads.forEach(payload -> stream.writeBytes(encode(payload)));
      return stream.toByteArray();
    }
  }

  static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static String text(ByteBuffer data) {
    return StandardCharsets.ISO_8859_1.decode(data).toString();
  }

  /// Notes every call, and answers "sorry" to a bad frame.
  static class Recorder extends Echo {
    static final String BAD = "bad frame";
    static final String END = "end of input";
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      events.add(text(data));
    }

    @Override
    public void onInputClosed(Connection connection) throws Exception {
      events.add(END);
      connection.close();
    }

    @Override
    public void onBadFrame(Connection connection, String problem) throws Exception {
      events.add(BAD);
      connection.write(bytes("sorry"));
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      events.add(closed(reason));
      super.onClose(connection, reason);
    }

    static String closed(CloseReason reason) {
      return "closed as " + reason;
    }

    final void expect(String... expected) throws Exception {
      for (String event : expected) {
        assertThat(await(events)).isEqualTo(event);
      }
    }

    final void expectFrames(List<byte[]> payloads) throws Exception {
      for (byte[] payload : payloads) {
        assertSameBytes(latin1(await(events)), payload);
      }
    }
  }

  /// Stands between the server and a decoder, and counts the bytes that the decoder is given.
  static final class Tap implements ConnectionHandler {
    /// Bytes that the decoder has taken.
    final AtomicLong taken = new AtomicLong();

    /// Bytes of the last piece that it has left.
    final AtomicLong left = new AtomicLong();

    /// Bytes of the largest piece.
    final AtomicLong largest = new AtomicLong();

    private final ConnectionHandler decoder;

    Tap(ConnectionHandler decoder) {
      this.decoder = decoder;
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) throws Exception {
      int before = data.remaining();
      largest.accumulateAndGet(before, Math::max);
      decoder.onData(connection, data);
      left.set(data.remaining());
      taken.addAndGet(before - data.remaining());
    }

    @Override
    public void onOpen(Connection connection) throws Exception {
      decoder.onOpen(connection);
    }

    @Override
    public void onWritable(Connection connection) throws Exception {
      decoder.onWritable(connection);
    }

    @Override
    public void onInputClosed(Connection connection) throws Exception {
      decoder.onInputClosed(connection);
    }

    @Override
    public void onBadFrame(Connection connection, String problem) throws Exception {
      decoder.onBadFrame(connection, problem);
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) throws Exception {
      decoder.onClose(connection, reason);
    }
  }

  /// A server that cuts frames and notes them.
  final class Cutting {
    final Recorder recorder = new Recorder();
    final Tap tap;
    final Server server;
    private long fed;

    Cutting(Framing framing, int limit) throws IOException {
      tap = new Tap(framing.cutter().wrap(limit, recorder));
      server = serve(tap);
    }

    Socket connect() throws IOException {
      return ServerFramesSuite.this.connect(server);
    }

    void send(Socket client, byte[] data, int from, int to) throws IOException {
      fed += to - from;
      client.getOutputStream().write(data, from, to - from);
    }

    void send(Socket client, byte[] data) throws IOException {
      send(client, data, 0, data.length);
    }

    /// Sends it and returns once the decoder has taken it and all that was sent before.
    void feed(Socket client, byte[] data, int from, int to) throws Exception {
      send(client, data, from, to);
      Wait.until("the decoder has taken it", () -> tap.taken.get() == fed);
    }
  }
}
