package sluice.server;

import java.nio.ByteBuffer;

/// Lines that end with a line feed, or a carriage return and a line feed.
final class LineDecoder extends FrameDecoder {
  private final int limit;
  private int footer;

  LineDecoder(int limit) {
    this.limit = limit;
  }

  @Override
  int scan(ByteBuffer data) {
    int start = data.position();
    for (int i = start; i < data.limit(); i++) {
      if (data.get(i) == '\n') {
        footer = before(data, i) == '\r' ? 2 : 1;
        int length = keptBytes() + i + 1 - start;
        return length - footer > limit ? TOO_LONG : i + 1 - start;
      }
      if (keptBytes() + i - start > limit) { // one more may be the carriage return
        return TOO_LONG;
      }
    }
    return MORE;
  }

  private int before(ByteBuffer data, int i) {
    if (i > data.position()) {
      return data.get(i - 1);
    }
    return keptBytes() > 0 ? keptAt(keptBytes() - 1) : 0;
  }

  @Override
  int footer() {
    return footer;
  }

  @Override
  int atEnd() {
    return keptBytes() > limit ? TOO_LONG : keptBytes();
  }
}
