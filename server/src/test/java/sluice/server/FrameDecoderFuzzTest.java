package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Each decoder against a search through the whole stream that says what the frames are, fed at
/// once and in pieces.
///
/// An input is the limit in two bytes (four before a length prefix), what else the decoder needs,
/// the sizes of the pieces with their number before them, and the stream.
class FrameDecoderFuzzTest {
  private static final int PIECES_MAX = 15;
  private static final int DELIMITER_MAX = 7;
  private static final int FIXED_MAX = 4096;

  private static void expect(
      Supplier<FrameDecoder> decoder, FuzzInput input, long keptMax, Oracle oracle) {
    byte[] pieces = input.counted(PIECES_MAX);
    byte[] stream = input.rest();
    List<String> expected = oracle.frames(FuzzInput.text(stream));
    assertThat(Cutting.cut(decoder.get(), stream, new byte[0], keptMax)).isEqualTo(expected);
    assertThat(Cutting.cut(decoder.get(), stream, pieces, keptMax)).isEqualTo(expected);
  }

  private interface Oracle {
    /// Returns what [Cutting#cut] must return.
    List<String> frames(String stream);
  }

  @FuzzTest
  void lines(byte[] bytes) {
    FuzzInput input = new FuzzInput(bytes);
    int limit = input.positive(2);
    expect(
        () -> new LineDecoder(limit),
        input,
        limit + 1L,
        stream -> {
          List<String> frames = new ArrayList<>();
          int begin = 0;
          for (int end; (end = stream.indexOf('\n', begin)) >= 0; begin = end + 1) {
            String line = stream.substring(begin, end);
            line = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
            if (line.length() > limit) {
              frames.add(Cutting.TOO_LONG);
              return frames;
            }
            frames.add(line);
          }
          if (begin < stream.length()) {
            boolean tooLong = stream.length() - begin > limit;
            frames.add(tooLong ? Cutting.TOO_LONG : stream.substring(begin));
          }
          return frames;
        });
  }

  @FuzzTest
  void delimited(byte[] bytes) {
    FuzzInput input = new FuzzInput(bytes);
    int limit = input.positive(2);
    byte[] found = input.counted(DELIMITER_MAX);
    byte[] delimiter = found.length == 0 ? new byte[] {'|'} : found;
    String mark = FuzzInput.text(delimiter);
    expect(
        () -> new DelimiterDecoder(delimiter, limit),
        input,
        limit + delimiter.length - 1L,
        stream -> {
          List<String> frames = new ArrayList<>();
          int begin = 0;
          for (int end; (end = stream.indexOf(mark, begin)) >= 0; begin = end + mark.length()) {
            if (end - begin > limit) {
              frames.add(Cutting.TOO_LONG);
              return frames;
            }
            frames.add(stream.substring(begin, end));
          }
          if (begin < stream.length()) {
            String rest = stream.substring(begin);
            int certain = rest.length();
            for (int i = Math.min(mark.length() - 1, rest.length()); i > 0; i--) {
              if (rest.endsWith(mark.substring(0, i))) { // may become a delimiter
                certain -= i;
                break;
              }
            }
            frames.add(certain > limit ? Cutting.TOO_LONG : Cutting.UNFINISHED);
          }
          return frames;
        });
  }

  @FuzzTest
  void lengthPrefixed(byte[] bytes) {
    FuzzInput input = new FuzzInput(bytes);
    int limit = input.positive(4);
    int prefix = 1 + input.next() % 4;
    ByteOrder order = input.next() % 2 == 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    expect(
        () -> new LengthPrefixDecoder(prefix, order, limit),
        input,
        (long) prefix + limit,
        stream -> {
          List<String> frames = new ArrayList<>();
          int begin = 0;
          while (begin < stream.length()) {
            String rest = stream.substring(begin);
            if (rest.length() < prefix) {
              frames.add(Cutting.UNFINISHED);
              break;
            }
            BigInteger length = unsigned(rest.substring(0, prefix), order);
            if (length.compareTo(BigInteger.valueOf(limit)) > 0) {
              frames.add(Cutting.TOO_LONG);
              break;
            }
            if (length.compareTo(BigInteger.valueOf(rest.length() - prefix)) > 0) {
              frames.add(Cutting.UNFINISHED);
              break;
            }
            frames.add(rest.substring(prefix, prefix + length.intValue()));
            begin += prefix + length.intValue();
          }
          return frames;
        });
  }

  private static BigInteger unsigned(String digits, ByteOrder order) {
    StringBuilder bigEndian = new StringBuilder(digits);
    if (order == ByteOrder.LITTLE_ENDIAN) {
      bigEndian.reverse();
    }
    BigInteger value = BigInteger.ZERO;
    for (int i = 0; i < bigEndian.length(); i++) {
      value = value.multiply(BigInteger.valueOf(256)).add(BigInteger.valueOf(bigEndian.charAt(i)));
    }
    return value;
  }

  @FuzzTest
  void fixedLength(byte[] bytes) {
    FuzzInput input = new FuzzInput(bytes);
    int length = Math.min(input.positive(2), FIXED_MAX);
    expect(
        () -> new FixedLengthDecoder(length),
        input,
        length - 1L,
        stream -> {
          List<String> frames = new ArrayList<>();
          for (int begin = 0; begin < stream.length(); begin += length) {
            int end = begin + length;
            frames.add(end <= stream.length() ? stream.substring(begin, end) : Cutting.UNFINISHED);
          }
          return frames;
        });
  }
}
