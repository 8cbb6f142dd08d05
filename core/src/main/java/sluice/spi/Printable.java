package sluice.spi;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// Makes text that came from outside safe for one line of a log or a terminal.
///
/// Control characters (C0, DEL, C1), bidirectional controls, line separators and unpaired
/// surrogates become a backslash and `u{...}`, bytes that are no UTF-8 a backslash and `xNN`.
/// Printable text of any language stays as it is.
public final class Printable {
  private Printable() {}

  /// Returns `text` made safe.
  public static String of(CharSequence text) {
    StringBuilder safe = new StringBuilder(text.length());
    append(safe, text);
    return safe.toString();
  }

  /// Returns the UTF-8 text in `bytes` made safe. `bytes` is consumed.
  public static String ofUtf8(ByteBuffer bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    StringBuilder safe = new StringBuilder(bytes.remaining());
    CharBuffer chars = CharBuffer.allocate(bytes.remaining());
    while (true) {
      CoderResult result = decoder.decode(bytes, chars.clear(), true);
      append(safe, chars.flip());
      if (!result.isError()) {
        return safe.toString();
      }
      for (int i = 0; i < result.length(); i++) {
        safe.append("\\x").append(HexFormat.of().withUpperCase().toHexDigits(bytes.get()));
      }
      decoder.reset();
    }
  }

  private static void append(StringBuilder safe, CharSequence text) {
    int next;
    for (int i = 0; i < text.length(); i = next) {
      int point = Character.codePointAt(text, i);
      next = i + Character.charCount(point);
      if (isUnsafe(point)) {
        safe.append("\\u{").append(Integer.toHexString(point)).append('}');
      } else {
        safe.appendCodePoint(point);
      }
    }
  }

  private static boolean isUnsafe(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> isBidirectionalControl(point);
    };
  }

  /// ALM, LRM, RLM, the embeddings and overrides, and the isolates ([UAX
  /// #9](https://www.unicode.org/reports/tr9/), section 2).
  private static boolean isBidirectionalControl(int point) {
    return point == 0x061C
        || point == 0x200E
        || point == 0x200F
        || (point >= 0x202A && point <= 0x202E)
        || (point >= 0x2066 && point <= 0x2069);
  }
}
