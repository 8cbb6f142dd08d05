package sluice.program;

import java.nio.charset.StandardCharsets;
import sluice.spi.Printable;

/// Text is UTF-8 on every stream, whatever the locale.
final class Text {
  private Text() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// Returns what a user wrote as a message quotes it: in one printable line.
  static String quote(String written) {
    return "'" + Printable.of(written) + "'";
  }
}
