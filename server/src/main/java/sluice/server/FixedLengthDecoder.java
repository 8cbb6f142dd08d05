package sluice.server;

import java.nio.ByteBuffer;

/// Frames of one length.
final class FixedLengthDecoder extends FrameDecoder {
  private final int length;

  FixedLengthDecoder(int length) {
    this.length = length;
  }

  @Override
  int scan(ByteBuffer data) {
    int missing = length - keptBytes();
    return data.remaining() < missing ? MORE : missing;
  }
}
