package sluice.program;

import java.nio.ByteBuffer;
import sluice.spi.Printable;

/// Makes what a peer sends safe for a terminal, piece by piece.
///
/// As [Printable] does it for a line, but ends of lines, tabs and carriage returns stay. A
/// character of which only a part has come waits for the rest. Confined to one thread.
final class TerminalText {
  /// The longest character of UTF-8, less its last byte.
  private static final int PARTIAL_BYTES_MAX = 3;

  private final ByteBuffer partial = ByteBuffer.allocate(PARTIAL_BYTES_MAX);

  /// Returns what to write for `received`, which is consumed.
  ///
  /// @param last whether nothing more comes
  ByteBuffer safe(ByteBuffer received, boolean last) {
    ByteBuffer bytes = ByteBuffer.allocate(partial.position() + received.remaining());
    bytes.put(partial.flip()).put(received).flip();
    partial.clear();
    int end = last ? bytes.limit() : endOfWhole(bytes);
    partial.put(bytes.slice(end, bytes.limit() - end));

    StringBuilder safe = new StringBuilder(end);
    for (int next; bytes.position() < end; bytes.position(next)) {
      next = bytes.position();
      if (stays(bytes.get(next))) {
        safe.append((char) bytes.get(next++));
        continue;
      }
      while (next < end && !stays(bytes.get(next))) {
        next++;
      }
      safe.append(Printable.ofUtf8(bytes.slice(bytes.position(), next - bytes.position())));
    }
    return ByteBuffer.wrap(Text.utf8(safe.toString()));
  }

  /// No such byte is part of a longer character.
  private static boolean stays(byte b) {
    return b == '\n' || b == '\t' || b == '\r';
  }

  /// Returns where a character begins that the last bytes do not finish, or the limit.
  private static int endOfWhole(ByteBuffer bytes) {
    int limit = bytes.limit();
    for (int back = 1; back <= Math.min(PARTIAL_BYTES_MAX, limit); back++) {
      byte b = bytes.get(limit - back);
      if ((b & 0xC0) != 0x80) { // not a continuation
        return back < length(b) ? limit - back : limit;
      }
    }
    return limit;
  }

  /// Returns how many bytes a character has that begins with `b`.
  private static int length(byte b) {
    return b >= 0 ? 1 : Math.clamp(Integer.numberOfLeadingZeros(~b << 24), 1, 4);
  }
}
