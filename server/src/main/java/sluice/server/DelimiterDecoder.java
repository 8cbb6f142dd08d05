package sluice.server;

import java.nio.ByteBuffer;

/// Frames that end with a delimiter of any length, found by the algorithm of Knuth, Morris and
/// Pratt: how much of the delimiter has been seen is all there is to remember.
final class DelimiterDecoder extends FrameDecoder {
  private final byte[] delimiter;

  /// For each length of a match: how much of it is a match still when the next byte does not fit.
  private final int[] fallback;

  private final int limit;
  private int matched;

  DelimiterDecoder(byte[] delimiter, int limit) {
    this.delimiter = delimiter;
    this.limit = limit;
    fallback = new int[delimiter.length];
    for (int i = 1, length = 0; i < delimiter.length; i++) {
      while (length > 0 && delimiter[i] != delimiter[length]) {
        length = fallback[length - 1];
      }
      if (delimiter[i] == delimiter[length]) {
        length++;
      }
      fallback[i] = length;
    }
  }

  @Override
  int scan(ByteBuffer data) {
    int start = data.position();
    for (int i = start; i < data.limit(); i++) {
      byte b = data.get(i);
      while (matched > 0 && b != delimiter[matched]) {
        matched = fallback[matched - 1];
      }
      if (b == delimiter[matched]) {
        matched++;
      }
      if (matched == delimiter.length) {
        matched = 0;
        return i + 1 - start;
      }
      if ((long) keptBytes() + i + 1 - start - matched > limit) {
        return TOO_LONG;
      }
    }
    return MORE;
  }

  @Override
  int footer() {
    return delimiter.length;
  }
}
