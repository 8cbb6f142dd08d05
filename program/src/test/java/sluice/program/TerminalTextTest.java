package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTextTest {
  private static String show(TerminalText text, byte[] bytes, boolean last) {
    return StandardCharsets.UTF_8.decode(text.safe(ByteBuffer.wrap(bytes), last)).toString();
  }

  private static byte[] latin1(String bytes) {
    return bytes.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "안녕 Grüße 😀,안녕 Grüße 😀",
        "x\u001b[2Jred\u0007x,x\\u{1b}[2Jred\\u{7}x",
        "a\u202eb\u2028c\u0085d,a\\u{202e}b\\u{2028}c\\u{85}d",
        "\"\n\r\n\tx\n\n\",\"\n\r\n\tx\n\n\"",
      })
  void whatCouldPlayTricksIsShownAndTheRestStays(String sent, String shown) {
    assertThat(show(new TerminalText(), Text.utf8(sent), true)).isEqualTo(shown);
  }

  @Test
  void howTheBytesAreCutMakesNoDifference() {
    byte[] bytes = Text.utf8("x\u001b한\né😀\t\u0085\r\n끝");
    String whole = show(new TerminalText(), bytes, true);
    for (int first = 0; first <= bytes.length; first++) {
      for (int second = first; second <= bytes.length; second++) {
        TerminalText text = new TerminalText();
        String pieces =
            show(text, part(bytes, 0, first), false)
                + show(text, part(bytes, first, second), false)
                + show(text, part(bytes, second, bytes.length), true);
        assertThat(pieces).isEqualTo(whole);
      }
    }
  }

  private static byte[] part(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  @Test
  void onlyTheBeginningOfACharacterWaits() {
    TerminalText text = new TerminalText();
    assertThat(show(text, latin1("a\u00f0\u009f"), false)).isEqualTo("a");
    assertThat(show(text, latin1("\u0098\u0080b"), false)).isEqualTo("😀b");
    assertThat(show(text, latin1("\u00ff\u0080\u0080\u0080"), false))
        .isEqualTo("\\xFF\\x80\\x80\\x80");
    assertThat(show(text, latin1("\u00e2\u0082"), false)).isEmpty();
    assertThat(show(text, latin1("x"), false)).isEqualTo("\\xE2\\x82x");
    assertThat(show(text, latin1("\u00c3"), false)).isEmpty();
    assertThat(show(text, new byte[0], true)).isEqualTo("\\xC3");
    assertThat(show(text, new byte[0], true)).isEmpty();
  }
}
