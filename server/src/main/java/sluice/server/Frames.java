package sluice.server;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Cuts the stream of a client into frames: each method wraps a handler whose
/// [ConnectionHandler#onData] is then called once for each frame, with exactly its bytes.
///
/// The wrapped handler may be shared, its state is kept with the connection. A frame is lent like
/// any data; if it arrived in one piece, it is not copied, and writing it back is recognised. Every
/// frame has a limit; no memory is taken because a length was announced, only for bytes that have
/// come, and each byte is looked at once. A frame that breaks the rules is told to
/// [ConnectionHandler#onBadFrame], and the connection is closed as [CloseReason#FRAME_TOO_LONG] or
/// [CloseReason#PROTOCOL]. Reading stops between two frames as soon as the handler pauses it or the
/// client takes its answers too slowly.
///
/// The encoders refuse what their decoder would not give back. Thread-safe.
public final class Frames {
  private Frames() {}

  /// Cuts at line feeds. The line feed, and a carriage return before it, are not part of the frame;
  /// a last line without one counts, too.
  ///
  /// @param limit the most bytes of a line, without its end
  public static ConnectionHandler lines(int limit, ConnectionHandler inner) {
    positive("limit", limit);
    return new Framed(limits -> new LineDecoder(limits.line(limit)), inner);
  }

  /// Cuts into frames of `length` bytes each.
  public static ConnectionHandler fixedLength(int length, ConnectionHandler inner) {
    positive("length", length);
    return new Framed(_ -> new FixedLengthDecoder(length), inner);
  }

  /// Cuts by lengths that stand before the frames, unsigned and without their own bytes.
  ///
  /// @param prefixBytes how long a length is: 1 to 4
  /// @param limit the most bytes of a frame, without its length
  public static ConnectionHandler lengthPrefixed(
      int prefixBytes, ByteOrder order, int limit, ConnectionHandler inner) {
    checkPrefix(prefixBytes);
    positive("limit", limit);
    return new Framed(
        limits -> new LengthPrefixDecoder(prefixBytes, order, limits.frame(limit)), inner);
  }

  /// Cuts at each occurrence of `delimiter`, which is not part of the frame.
  ///
  /// @param limit the most bytes of a frame, without its delimiter
  public static ConnectionHandler delimited(byte[] delimiter, int limit, ConnectionHandler inner) {
    byte[] copy = checkDelimiter(delimiter);
    positive("limit", limit);
    return new Framed(limits -> new DelimiterDecoder(copy, limits.frame(limit)), inner);
  }

  /// Returns `payload` as [#lines] reads it, with a line feed.
  ///
  /// @throws IllegalArgumentException if it has a line feed, or a carriage return at its end
  public static ByteBuffer encodeLine(byte[] payload) {
    for (int i = 0; i < payload.length; i++) {
      if (payload[i] == '\n' || (payload[i] == '\r' && i == payload.length - 1)) {
        throw new IllegalArgumentException(
            "payload must be one line, but has the byte " + payload[i] + " at " + i);
      }
    }
    return ByteBuffer.allocate(payload.length + 1).put(payload).put((byte) '\n').flip();
  }

  /// Returns `payload` as [#lengthPrefixed] reads it.
  ///
  /// @throws IllegalArgumentException if its length does not fit into `prefixBytes`
  public static ByteBuffer encodeLengthPrefixed(int prefixBytes, ByteOrder order, byte[] payload) {
    checkPrefix(prefixBytes);
    if (prefixBytes < 4 && payload.length >>> (8 * prefixBytes) != 0) {
      throw new IllegalArgumentException(
          "payload has %d bytes, which a length of %d bytes cannot say"
              .formatted(payload.length, prefixBytes));
    }
    ByteBuffer frame = ByteBuffer.allocate(Math.addExact(prefixBytes, payload.length));
    for (int i = 0; i < prefixBytes; i++) {
      int shift = 8 * (order == ByteOrder.BIG_ENDIAN ? prefixBytes - 1 - i : i);
      frame.put((byte) (payload.length >>> shift));
    }
    return frame.put(payload).flip();
  }

  /// Returns `payload` as [#delimited] reads it.
  ///
  /// @throws IllegalArgumentException if the delimiter would be found before its place
  public static ByteBuffer encodeDelimited(byte[] delimiter, byte[] payload) {
    checkDelimiter(delimiter);
    ByteBuffer frame =
        ByteBuffer.allocate(Math.addExact(payload.length, delimiter.length))
            .put(payload)
            .put(delimiter)
            .flip();
    int found = new DelimiterDecoder(delimiter, Integer.MAX_VALUE).scan(frame.duplicate());
    if (found != frame.remaining()) {
      throw new IllegalArgumentException(
          "the delimiter would be found in the payload, up to " + found);
    }
    return frame;
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, not " + value);
    }
  }

  private static void checkPrefix(int prefixBytes) {
    if (prefixBytes < 1 || prefixBytes > 4) {
      throw new IllegalArgumentException("prefixBytes must be from 1 to 4, not " + prefixBytes);
    }
  }

  private static byte[] checkDelimiter(byte[] delimiter) {
    if (delimiter.length == 0) {
      throw new IllegalArgumentException("delimiter must not be empty");
    }
    return delimiter.clone();
  }
}
