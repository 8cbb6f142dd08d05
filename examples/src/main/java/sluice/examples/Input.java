package sluice.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1; // any bytes, unchanged

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What has come from one client and was not taken yet, each byte as a character.
///
/// It grows with what has come, never with a length that was only announced. An idle one keeps no
/// memory, and no byte is searched for a line feed twice.
final class Input {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private ByteBuffer bytes = NOTHING;
  private int searched;

  void add(ByteBuffer data) {
    int held = bytes.remaining();
    if (data.remaining() > bytes.capacity() - bytes.limit()) {
      int capacity = Math.max(2 * held, held + data.remaining());
      bytes = ByteBuffer.allocate(capacity).put(bytes).flip();
    }
    int end = bytes.limit();
    bytes.limit(end + data.remaining()).put(end, data, data.position(), data.remaining());
  }

  int size() {
    return bytes.remaining();
  }

  /// Takes `count` bytes, or returns null if not all of them have come.
  @Nullable String take(int count) {
    if (bytes.remaining() < count) {
      return null;
    }
    int start = bytes.position();
    String taken = new String(bytes.array(), start, count, ISO_8859_1);
    bytes = start + count < bytes.limit() ? bytes.position(start + count) : NOTHING;
    searched = 0;
    return taken;
  }

  /// Takes a line with its line feed, or returns null if it has not ended.
  @Nullable String takeLine() {
    for (; searched < bytes.remaining(); searched++) {
      if (bytes.get(bytes.position() + searched) == '\n') {
        return take(searched + 1);
      }
    }
    return null;
  }
}
