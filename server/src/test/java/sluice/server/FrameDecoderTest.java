package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The decoders alone, fed in every way a stream can be cut.
class FrameDecoderTest {
  /// Feeds `stream` in pieces of these sizes and returns the frames, with the fault as last entry.
  private static List<String> decode(FrameDecoder decoder, byte[] stream, SplittableRandom sizes) {
    List<String> frames = new ArrayList<>();
    for (int at = 0; at < stream.length; ) {
      int size = Math.min(stream.length - at, sizes == null ? 1 : sizes.nextInt(1, 20));
      ByteBuffer data = ByteBuffer.wrap(stream, at, size);
      at += size;
      while (data.hasRemaining()) {
        int count = decoder.scan(data);
        if (count == FrameDecoder.TOO_LONG) {
          frames.add("TOO_LONG after " + decoder.keptBytes());
          return frames;
        }
        decoder.keep(data, count == FrameDecoder.MORE ? data.remaining() : count);
        if (count != FrameDecoder.MORE) {
          frames.add(text(decoder.takeKept(decoder.header(), decoder.footer())));
        }
      }
    }
    if (decoder.keptBytes() > 0) {
      frames.add("unfinished: " + text(decoder.takeKept(0, 0)));
    }
    return frames;
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.ISO_8859_1.decode(bytes).toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void expect(Supplier<FrameDecoder> decoder, String stream, String... frames) {
    assertThat(decode(decoder.get(), bytes(stream), null)).containsExactly(frames);
    for (int seed = 0; seed < 200; seed++) {
      assertThat(decode(decoder.get(), bytes(stream), new SplittableRandom(seed)))
          .as("seed %d", seed)
          .containsExactly(frames);
    }
  }

  @Test
  void linesEndWithALineFeedOrBoth() {
    expect(
        () -> new LineDecoder(100),
        "one\ntwo\r\n\n\r\nfi\rve\n\r\r\nlast",
        "one",
        "two",
        "",
        "",
        "fi\rve",
        "\r",
        "unfinished: last");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n"})
  void lineAtItsLimitPassesAndOneMoreByteDoesNot(String end) {
    expect(() -> new LineDecoder(5), "12345" + end + "ab" + end, "12345", "ab");
    FrameDecoder decoder = new LineDecoder(5);
    List<String> frames = decode(decoder, bytes("123456" + end), null);
    assertThat(frames).hasSize(1);
    assertThat(frames.getFirst()).startsWith("TOO_LONG");
    assertThat(decoder.keptBytes()).isLessThanOrEqualTo(6);
  }

  @Test
  void endlessLineIsRefusedBeforeMoreThanItsLimitIsKept() {
    FrameDecoder decoder = new LineDecoder(1000);
    byte[] endless = new byte[1 << 20];
    assertThat(decode(decoder, endless, new SplittableRandom(1)).getFirst()).startsWith("TOO_LONG");
    assertThat(decoder.keptBytes()).isLessThanOrEqualTo(1001);
  }

  @Test
  void fixedLengthCutsEvenly() {
    expect(() -> new FixedLengthDecoder(3), "abcdefgh", "abc", "def", "unfinished: gh");
    expect(() -> new FixedLengthDecoder(1), "ab", "a", "b");
  }

  @Test
  void lengthPrefixesOfAllSizesAndOrders() {
    for (int size = 1; size <= 4; size++) {
      for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
        int prefix = size;
        StringBuilder stream = new StringBuilder();
        for (String payload : List.of("hello", "", "x".repeat(200))) {
          stream.append(text(Frames.encodeLengthPrefixed(prefix, order, bytes(payload))));
        }
        expect(
            () -> new LengthPrefixDecoder(prefix, order, 200),
            stream.toString(),
            "hello",
            "",
            "x".repeat(200));
      }
    }
  }

  @Test
  void announcedLengthTakesNoMemoryAndIsUnsigned() {
    FrameDecoder decoder = new LengthPrefixDecoder(4, ByteOrder.BIG_ENDIAN, Integer.MAX_VALUE);
    ByteBuffer almost = ByteBuffer.wrap(new byte[] {0x7F, -1, -1, -1, 1, 2, 3});
    assertThat(decoder.scan(almost)).isEqualTo(FrameDecoder.MORE);
    decoder.keep(almost, almost.remaining());
    assertThat(decoder.keptBytes()).isEqualTo(7);
    FrameDecoder unsigned = new LengthPrefixDecoder(4, ByteOrder.BIG_ENDIAN, Integer.MAX_VALUE);
    assertThat(unsigned.scan(ByteBuffer.wrap(new byte[] {-1, -1, -1, -1})))
        .isEqualTo(FrameDecoder.TOO_LONG);
  }

  @Test
  void delimitersThatBeginLikeThemselves() {
    expect(
        () -> new DelimiterDecoder(bytes("aab"), 100),
        "xaaabyaabaabaa",
        "xa",
        "y",
        "",
        "unfinished: aa");
    expect(
        () -> new DelimiterDecoder(bytes("\r\n\r\n"), 100),
        "a\r\n\r\r\n\r\nb\r\n\r\n",
        "a\r\n\r",
        "b");
    expect(() -> new DelimiterDecoder(new byte[] {(byte) 0xFF}, 100), "a\u00ffb\u00ff", "a", "b");
  }

  @Test
  void delimitedFrameAtItsLimitPassesAndOneMoreByteDoesNot() {
    expect(() -> new DelimiterDecoder(bytes("ab"), 4), "1aa1ab12ab", "1aa1", "12");
    List<String> frames = decode(new DelimiterDecoder(bytes("ab"), 4), bytes("12345ab"), null);
    assertThat(frames.getFirst()).startsWith("TOO_LONG");
  }

  @Test
  void randomPayloadsComeBackOrAreRefused() {
    SplittableRandom random = new SplittableRandom(7);
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] payload = new byte[random.nextInt(0, 8)];
      for (int i = 0; i < payload.length; i++) {
        payload[i] = "\r\nab".getBytes(StandardCharsets.US_ASCII)[random.nextInt(4)];
      }
      byte[] delimiter = random.nextBoolean() ? bytes("ab") : bytes("aba");
      try {
        check(
            new DelimiterDecoder(delimiter, 100),
            Frames.encodeDelimited(delimiter, payload),
            payload);
      } catch (IllegalArgumentException _) {
        refused++;
      }
      try {
        check(new LineDecoder(100), Frames.encodeLine(payload), payload);
      } catch (IllegalArgumentException _) {
        refused++;
      }
    }
    assertThat(refused).isBetween(5_000, 35_000);
  }

  private static void check(FrameDecoder decoder, ByteBuffer encoded, byte[] payload) {
    byte[] stream = new byte[encoded.remaining()];
    encoded.get(stream);
    assertThat(decode(decoder, stream, null)).containsExactly(text(ByteBuffer.wrap(payload)));
  }

  @Test
  void badArgumentsNameTheRule() {
    ConnectionHandler none = (_, _) -> {};
    assertThatThrownBy(() -> Frames.lines(0, none))
        .hasMessageContaining("limit must be at least 1");
    assertThatThrownBy(() -> Frames.fixedLength(0, none)).hasMessageContaining("length");
    assertThatThrownBy(() -> Frames.lengthPrefixed(5, ByteOrder.BIG_ENDIAN, 1, none))
        .hasMessageContaining("prefixBytes must be from 1 to 4");
    assertThatThrownBy(() -> Frames.delimited(new byte[0], 1, none))
        .hasMessageContaining("delimiter");
    assertThatThrownBy(() -> Frames.encodeLengthPrefixed(1, ByteOrder.BIG_ENDIAN, new byte[256]))
        .hasMessageContaining("256 bytes");
  }

  /// Delimiters of two letters begin like themselves in every way, and so do frames of the same.
  @Test
  void delimitersAreFoundWhereASearchFindsThem() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 2_000; i++) {
      String delimiter = letters(random, 1 + random.nextInt(9));
      String stream = letters(random, random.nextInt(120));
      List<String> expected = new ArrayList<>();
      int from = 0;
      for (int at = stream.indexOf(delimiter); at >= 0; at = stream.indexOf(delimiter, from)) {
        expected.add(stream.substring(from, at));
        from = at + delimiter.length();
      }
      if (from < stream.length()) {
        expected.add("unfinished: " + stream.substring(from));
      }
      assertThat(decode(new DelimiterDecoder(bytes(delimiter), 1_000), bytes(stream), random))
          .as("%s in %s", delimiter, stream)
          .isEqualTo(expected);
    }
  }

  private static String letters(SplittableRandom random, int count) {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < count; i++) {
      letters.append(random.nextInt(3) == 0 ? 'b' : 'a');
    }
    return letters.toString();
  }

  @Test
  void lastLineWithoutAnEndMayHaveItsLimitAndNoMore() {
    LineDecoder decoder = new LineDecoder(5);
    ByteBuffer line = ByteBuffer.wrap(bytes("12345"));
    assertThat(decoder.scan(line)).isEqualTo(FrameDecoder.MORE);
    decoder.keep(line, 5);
    assertThat(decoder.atEnd()).isEqualTo(5);
    ByteBuffer more = ByteBuffer.wrap(bytes("6")); // perhaps a carriage return, until the end
    assertThat(decoder.scan(more)).isEqualTo(FrameDecoder.MORE);
    decoder.keep(more, 1);
    assertThat(decoder.atEnd()).isEqualTo(FrameDecoder.TOO_LONG);
  }
}
