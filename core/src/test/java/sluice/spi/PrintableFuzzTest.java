package sluice.spi;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/// Whatever comes from outside becomes one line that does nothing to a terminal. The oracle is a
/// pattern, which has nothing in common with the code.
class PrintableFuzzTest {
  /// C0, DEL, C1, what ends a line, and what changes the direction of writing.
  private static final Pattern UNSAFE =
      Pattern.compile(
          "[\\x00-\\x1F\\x7F-\\x9F\\u2028\\u2029\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069]");

  @FuzzTest
  void bytes(byte[] bytes) {
    ByteBuffer all = ByteBuffer.wrap(bytes);
    String safe = Printable.ofUtf8(all);
    assertThat(all.hasRemaining()).isFalse();
    assertSafe(safe);
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      assertThat(safe).contains("\\x");
      return;
    }
    assertThat(safe).isEqualTo(Printable.of(text));
  }

  /// Two bytes are a `char`, so that unpaired surrogates come, too.
  @FuzzTest
  void text(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_16BE);
    String pairs = ByteBuffer.wrap(bytes).asCharBuffer().toString();
    String safe = Printable.of(pairs);
    assertSafe(safe);
    if (text.equals(pairs) && !UNSAFE.matcher(text).find()) {
      assertThat(safe).isEqualTo(text);
    } else if (text.equals(pairs)) {
      assertThat(safe).isNotEqualTo(text);
    }
  }

  private static void assertSafe(String safe) {
    assertThat(UNSAFE.matcher(safe).find()).as(safe).isFalse();
    assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(safe)).as(safe).isTrue();
  }
}
