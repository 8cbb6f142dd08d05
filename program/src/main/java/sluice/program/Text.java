package sluice.program;

import java.nio.charset.StandardCharsets;

/// Text is UTF-8 on every stream, whatever the locale.
final class Text {
  private Text() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
