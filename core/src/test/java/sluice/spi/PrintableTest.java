package sluice.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTest {
  private static String ofUtf8(byte... bytes) {
    return Printable.ofUtf8(ByteBuffer.wrap(bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"안녕하세요", "naïve", "e\u0301", "😀 ok", "עברית", "", "a b"})
  void printableTextOfAnyLanguageStays(String text) {
    assertThat(Printable.of(text)).isEqualTo(text);
    assertThat(ofUtf8(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(text);
  }

  @Test
  void everyControlIsEscaped() {
    for (int point = 0; point < 0x110000; point++) {
      boolean control = point < 0x20 || (point >= 0x7F && point <= 0x9F);
      boolean bidirectional =
          point == 0x061C
              || point == 0x200E
              || point == 0x200F
              || (point >= 0x202A && point <= 0x202E)
              || (point >= 0x2066 && point <= 0x2069);
      boolean separator = point == 0x2028 || point == 0x2029;
      boolean surrogate = point >= 0xD800 && point <= 0xDFFF;
      String text = surrogate ? "" + (char) point : Character.toString(point);
      String expected =
          control || bidirectional || separator || surrogate
              ? "\\u{" + Integer.toHexString(point) + "}"
              : text;
      assertThat(Printable.of(text)).isEqualTo(expected);
    }
  }

  @Test
  void everyMalformedByteIsEscaped() {
    assertThat(ofUtf8((byte) 'a', (byte) 0xFF, (byte) 'b')).isEqualTo("a\\xFFb");
    assertThat(ofUtf8((byte) 0xC0, (byte) 0xAF)).isEqualTo("\\xC0\\xAF"); // overlong slash
    assertThat(ofUtf8((byte) 0xED, (byte) 0xA0, (byte) 0x80)).isEqualTo("\\xED\\xA0\\x80");
    assertThat(ofUtf8((byte) 0xEC, (byte) 0x95)).isEqualTo("\\xEC\\x95"); // cut off
  }

  @Test
  void randomBytesBecomeOneSafeLine() {
    SplittableRandom random = new SplittableRandom(3);
    byte[] bytes = new byte[64];
    for (int round = 0; round < 20_000; round++) {
      random.nextBytes(bytes);
      assertThat(ofUtf8(bytes).codePoints())
          .noneMatch(p -> p < 0x20 || (p >= 0x7F && p <= 0x9F) || p == 0xFFFD);
    }
  }
}
