package sluice.server;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A stream cut by a decoder as [Framed] does it, with the laws of a decoder checked at each step.
final class Cutting {
  /// The last entry of what [#cut] returns, if the decoder refuses the stream.
  static final String TOO_LONG = "TOO_LONG";

  /// The last entry, if the stream ends inside a frame.
  static final String UNFINISHED = "UNFINISHED";

  /// Memory that may be held whatever has come.
  private static final int HELD_BYTES_FREE = 4096;

  private Cutting() {}

  /// Returns the frames of a stream.
  ///
  /// @param sizes how long its pieces are, again and again; none is one piece
  /// @param keptMax the most bytes that may be kept of a frame
  static List<String> cut(FrameDecoder decoder, byte[] stream, byte[] sizes, long keptMax) {
    List<String> frames = new ArrayList<>();
    for (int at = 0, piece = 0; at < stream.length; piece++) {
      int size = sizes.length == 0 ? stream.length : 1 + (sizes[piece % sizes.length] & 0xFF);
      ByteBuffer data = ByteBuffer.wrap(stream, at, Math.min(size, stream.length - at));
      at = data.limit();
      while (data.hasRemaining()) {
        int count = scan(decoder, data);
        if (count == FrameDecoder.TOO_LONG) {
          frames.add(TOO_LONG);
          return frames;
        }
        if (count == FrameDecoder.MORE) {
          decoder.keep(data, data.remaining());
          law(decoder.keptBytes() <= keptMax, "a limit holds");
        } else if (decoder.keptBytes() > 0) {
          decoder.keep(data, count);
          frames.add(text(decoder.takeKept(decoder.header(), decoder.footer())));
        } else {
          int end = data.position() + count;
          int begin = data.position() + decoder.header();
          frames.add(text(data.duplicate().limit(end - decoder.footer()).position(begin)));
          data.position(end);
        }
        law(
            decoder.heldBytes() <= 2L * decoder.keptBytes() + HELD_BYTES_FREE,
            "memory is taken for what has come only");
      }
    }
    if (decoder.keptBytes() > 0) {
      switch (decoder.atEnd()) {
        case FrameDecoder.TOO_LONG -> frames.add(TOO_LONG);
        case FrameDecoder.MORE -> frames.add(UNFINISHED);
        default -> frames.add(text(decoder.takeKept(0, 0)));
      }
    }
    return frames;
  }

  /// A scan that makes no progress would be asked again for ever.
  private static int scan(FrameDecoder decoder, ByteBuffer data) {
    int position = data.position();
    int end = data.limit();
    int count = decoder.scan(data);
    law(data.position() == position && data.limit() == end, "a scan moves nothing");
    if (count != FrameDecoder.MORE && count != FrameDecoder.TOO_LONG) {
      law(count >= 1 && count <= data.remaining(), "a scan makes progress");
    }
    return count;
  }

  private static void law(boolean kept, String law) {
    if (!kept) {
      throw new AssertionError("broken: " + law);
    }
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.ISO_8859_1.decode(bytes).toString();
  }
}
