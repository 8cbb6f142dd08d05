package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogTextTest {
  private static void assertEscaped(int point) {
    String text = Character.toString(point);
    String escaped = "\\u{" + Integer.toHexString(point) + "}";
    assertThat(LogText.escape(text)).isEqualTo(escaped);
    assertThat(LogText.escape("a" + text + "b" + text)).isEqualTo("a" + escaped + "b" + escaped);
  }

  private static void assertUntouched(String text) {
    assertThat(LogText.escape(text)).isEqualTo(text);
    assertThat(LogText.escape("\n" + text)).isEqualTo("\\u{a}" + text);
  }

  @Test
  void controlCharactersAreEscaped() {
    IntStream.range(0, 0x20).forEach(LogTextTest::assertEscaped);
    IntStream.range(0x7F, 0xA0).forEach(LogTextTest::assertEscaped);
  }

  @Test
  void bidirectionalControlsAreEscaped() {
    IntStream.of(0x61C, 0x200E, 0x200F).forEach(LogTextTest::assertEscaped);
    IntStream.rangeClosed(0x202A, 0x202E).forEach(LogTextTest::assertEscaped);
    IntStream.rangeClosed(0x2066, 0x2069).forEach(LogTextTest::assertEscaped);
  }

  @Test
  void lineAndParagraphSeparatorsAreEscaped() {
    IntStream.of(0x2028, 0x2029).forEach(LogTextTest::assertEscaped);
  }

  @Test
  void loneSurrogatesAreEscaped() {
    IntStream.of(0xD800, 0xDBFF, 0xDC00, 0xDFFF).forEach(LogTextTest::assertEscaped);
    assertThat(LogText.escape("\uDC00\uD800")).isEqualTo("\\u{dc00}\\u{d800}"); // the wrong way
  }

  @Test
  void printableTextOfAnyLanguageIsUntouched() {
    assertUntouched("");
    assertUntouched("plain ASCII ~");
    assertUntouched("\uD55C\uAE00 \u1112\u1161\u11AB"); // Korean, composed and in jamo
    assertUntouched("e\u0301 \u0928\u093F"); // combining marks
    assertUntouched("\uD83D\uDE00 \uD83D\uDC68\u200D\uD83D\uDC69"); // emoji, one joined
    assertUntouched("\u05E9\u05DC\u05D5\u05DD \u0633\u0644\u0627\u0645"); // right to left
    assertUntouched("\u00A0\u00AD\uFEFF\uFFFD\uE000");
  }

  @Test
  void everyOtherCodePointIsUntouched() {
    long escaped =
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
            .filter(point ->
                !LogText.escape(Character.toString(point)).equals(Character.toString(point)))
            .count();
    assertThat(escaped).isEqualTo(65 + 12 + 2 + 2048);
  }
}
