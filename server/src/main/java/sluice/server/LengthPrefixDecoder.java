package sluice.server;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Frames with their length before them, unsigned, in 1 to 4 bytes.
final class LengthPrefixDecoder extends FrameDecoder {
  private final int prefixBytes;
  private final ByteOrder order;
  private final int limit;

  LengthPrefixDecoder(int prefixBytes, ByteOrder order, int limit) {
    this.prefixBytes = prefixBytes;
    this.order = order;
    this.limit = limit;
  }

  @Override
  int scan(ByteBuffer data) {
    if (keptBytes() + data.remaining() < prefixBytes) {
      return MORE;
    }
    long length = 0; // four bytes, unsigned, are more than an int
    for (int i = 0; i < prefixBytes; i++) {
      int at = order == ByteOrder.BIG_ENDIAN ? i : prefixBytes - 1 - i;
      length = (length << 8) | (byteAt(data, at) & 0xFF);
    }
    if (length > limit) {
      return TOO_LONG;
    }
    long missing = prefixBytes + length - keptBytes();
    return data.remaining() < missing ? MORE : (int) missing;
  }

  private byte byteAt(ByteBuffer data, int index) {
    return index < keptBytes() ? keptAt(index) : data.get(data.position() + index - keptBytes());
  }

  @Override
  int header() {
    return prefixBytes;
  }
}
