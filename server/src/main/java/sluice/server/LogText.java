package sluice.server;

/// Makes text that came from outside safe for one line of a log or a terminal.
final class LogText {
  private LogText() {}

  /// Escapes control characters, bidirectional controls, line separators and unpaired surrogates.
  /// Printable text of any language stays as it is.
  static String escape(String text) {
    StringBuilder safe = null;
    int next;
    for (int i = 0; i < text.length(); i = next) {
      int point = text.codePointAt(i);
      next = i + Character.charCount(point);
      if (isUnsafe(point)) {
        if (safe == null) {
          safe = new StringBuilder(text.length() + 16).append(text, 0, i);
        }
        safe.append("\\u{").append(Integer.toHexString(point)).append('}');
      } else if (safe != null) {
        safe.appendCodePoint(point);
      }
    }
    return safe == null ? text : safe.toString();
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
