package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Function;

/// What an encoder makes of a payload, its decoder turns back, also if another frame follows; what
/// it could not turn back is refused, and nothing else.
///
/// An input is what the encoder needs besides, and the payload.
class FrameEncoderFuzzTest {
  private static final int DELIMITER_MAX = 7;
  private static final byte[] ONE_BY_ONE = {0};

  private static void expect(
      Function<byte[], ByteBuffer> encoder, FrameDecoder decoder, byte[] payload, boolean refused) {
    ByteBuffer frame;
    try {
      frame = encoder.apply(payload);
    } catch (IllegalArgumentException e) {
      assertThat(refused).as(e.getMessage()).isTrue();
      return;
    }
    assertThat(refused).as("must be refused").isFalse();
    byte[] twice = new byte[2 * frame.remaining()];
    ByteBuffer.wrap(twice).put(frame.duplicate()).put(frame.duplicate());
    String text = FuzzInput.text(payload);
    assertThat(Cutting.cut(decoder, twice, ONE_BY_ONE, Integer.MAX_VALUE))
        .isEqualTo(List.of(text, text));
  }

  @FuzzTest
  void line(byte[] payload) {
    String text = FuzzInput.text(payload);
    expect(
        Frames::encodeLine,
        new LineDecoder(Math.max(1, payload.length)),
        payload,
        text.contains("\n") || text.endsWith("\r"));
  }

  @FuzzTest
  void lengthPrefixed(byte[] bytes) {
    FuzzInput input = new FuzzInput(bytes);
    int prefix = 1 + input.next() % 4;
    ByteOrder order = input.next() % 2 == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    byte[] payload = input.rest();
    expect(
        content -> Frames.encodeLengthPrefixed(prefix, order, content),
        new LengthPrefixDecoder(prefix, order, Integer.MAX_VALUE),
        payload,
        payload.length >= Math.pow(256, prefix));
  }

  @FuzzTest
  void delimited(byte[] bytes) {
    FuzzInput input = new FuzzInput(bytes);
    byte[] found = input.counted(DELIMITER_MAX);
    byte[] delimiter = found.length == 0 ? new byte[] {'|'} : found;
    byte[] payload = input.rest();
    String mark = FuzzInput.text(delimiter);
    expect(
        content -> Frames.encodeDelimited(delimiter, content),
        new DelimiterDecoder(delimiter, Math.max(1, payload.length)),
        payload,
        (FuzzInput.text(payload) + mark).indexOf(mark) != payload.length);
  }
}
