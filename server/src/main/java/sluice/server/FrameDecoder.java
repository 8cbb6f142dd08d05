package sluice.server;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Finds where the frames of one client end. Confined to its loop.
///
/// Each call of [#scan] goes on where the last one stopped, so that each byte is looked at once.
abstract class FrameDecoder {
  /// The frame has not ended yet; all bytes were looked at.
  static final int MORE = -1;

  /// The frame is longer than its limit.
  static final int TOO_LONG = -2;

  private static final int KEPT_FIRST_BYTES = 256;

  /// A longer frame's memory is given up when it was handled.
  private static final int KEPT_IDLE_BYTES_MAX = 4096;

  /// The first bytes of a frame that has not ended. It grows with them, never ahead of them.
  private @Nullable ByteBuffer kept;

  /// The tick in which the unfinished frame began.
  private int begunAt;

  /// Looks at `data` from its position on, which stays where it is.
  ///
  /// @return how many bytes of `data` are up to and with the end of the frame, or [#MORE] or
  ///   [#TOO_LONG]
  abstract int scan(ByteBuffer data);

  /// Returns how many bytes at the beginning of the frame found are not its content.
  int header() {
    return 0;
  }

  /// Returns how many bytes at the end of the frame found are not its content.
  int footer() {
    return 0;
  }

  /// The input has ended and left an unfinished frame.
  ///
  /// @return how many bytes it has if it is a frame all the same, or [#MORE] or [#TOO_LONG]
  int atEnd() {
    return MORE;
  }

  /// Returns how many bytes are kept.
  final int keptBytes() {
    ByteBuffer buffer = kept;
    return buffer == null ? 0 : buffer.position();
  }

  /// Returns the tick in which the unfinished frame began.
  final int begunAt() {
    return begunAt;
  }

  /// The unfinished frame counts as begun in the tick `now`.
  final void begin(int now) {
    begunAt = now;
  }

  /// Returns how much memory it holds.
  final int heldBytes() {
    ByteBuffer buffer = kept;
    return buffer == null ? 0 : buffer.capacity();
  }

  /// Returns a byte that was kept.
  final byte keptAt(int index) {
    ByteBuffer buffer = kept;
    if (buffer == null) {
      throw new IndexOutOfBoundsException(index);
    }
    return buffer.get(index);
  }

  /// Keeps the next `count` bytes of `data` and moves on behind them.
  final void keep(ByteBuffer data, int count) {
    ByteBuffer buffer = kept;
    if (buffer == null) {
      buffer = ByteBuffer.allocate(Math.max(KEPT_FIRST_BYTES, count));
    } else if (buffer.remaining() < count) {
      int wanted = Math.addExact(buffer.position(), count);
      long doubled = Math.min(2L * buffer.capacity(), Integer.MAX_VALUE - 8);
      buffer = ByteBuffer.allocate((int) Math.max(wanted, doubled)).put(buffer.flip());
    }
    kept = buffer;
    buffer.put(buffer.position(), data, data.position(), count);
    buffer.position(buffer.position() + count);
    data.position(data.position() + count);
  }

  /// Returns the content of the frame that was kept as a whole, read-only.
  final ByteBuffer takeKept(int header, int footer) {
    ByteBuffer buffer = kept;
    if (buffer == null) {
      throw new IllegalStateException("nothing is kept");
    }
    int end = buffer.position() - footer;
    ByteBuffer frame = buffer.asReadOnlyBuffer().limit(end).position(header);
    if (buffer.capacity() > KEPT_IDLE_BYTES_MAX) {
      kept = null;
    } else {
      buffer.clear();
    }
    return frame;
  }
}
