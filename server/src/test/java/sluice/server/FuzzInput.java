package sluice.server;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// An input of the fuzzer: numbers first, then a stream. What is missing is zero, so that every
/// input means something, and seeds can be written by hand.
final class FuzzInput {
  private final byte[] bytes;
  private int at;

  FuzzInput(byte[] bytes) {
    this.bytes = bytes;
  }

  /// Returns the next byte, unsigned.
  int next() {
    return at < bytes.length ? bytes[at++] & 0xFF : 0;
  }

  /// Returns the next `count` bytes, first the highest, but at least 1.
  int positive(int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
      value = value << 8 | next();
    }
    return Math.max(1, value & Integer.MAX_VALUE);
  }

  /// Returns the next bytes, whose number comes first.
  byte[] counted(int max) {
    int count = Math.min(next() % (max + 1), bytes.length - at);
    at += count;
    return Arrays.copyOfRange(bytes, at - count, at);
  }

  /// Returns what is left.
  byte[] rest() {
    return Arrays.copyOfRange(bytes, at, bytes.length);
  }

  /// Returns one `char` for each byte.
  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
