package sluice.bench.attack;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Locale;

/// What clients of a kind of server say and hear. Whatever is said has a number in it, and the
/// lengths never change.
enum Speech {
  /// 64 bytes, which come back.
  ECHO,

  /// A line of 64 bytes, which the server prints.
  LINES,

  /// A command of Redis that is answered with what it was given.
  PING,

  /// A line that all others hear.
  CHAT,

  /// The same on a channel of Redis.
  PUBSUB;

  private static final int ECHO_BYTES = 64;
  private static final int CHAT_BYTES = 8192;
  private static final int CHANNEL_MEMBERS_DIGITS = 1;

  static Speech of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /// Tells whether one speaks and all others hear it.
  boolean isPushed() {
    return this == CHAT || this == PUBSUB;
  }

  /// What a listener says first.
  byte[] greeting() {
    return bytes(this == PUBSUB ? "SUBSCRIBE c\r\n" : "");
  }

  /// How long the answer to that is.
  int welcomeBytes() {
    return this == PUBSUB
        ? "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:".length() + CHANNEL_MEMBERS_DIGITS + 2
        : 0;
  }

  byte[] request(int client, long number) {
    return bytes(
        switch (this) {
          case ECHO, LINES, CHAT -> text(client, number) + "\n";
          case PING -> "PING " + text(client, number) + "\r\n";
          case PUBSUB -> "PUBLISH c " + text(client, number) + "\r\n";
        });
  }

  byte[] answer(int client, long number) {
    String text = text(client, number);
    return bytes(
        switch (this) {
          case ECHO, LINES, CHAT -> text + "\n";
          case PING -> "$" + text.length() + "\r\n" + text + "\r\n";
          case PUBSUB ->
              "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$" + text.length() + "\r\n" + text + "\r\n";
        });
  }

  /// Returns the number in an answer; -1 if it has none.
  long numberIn(byte[] answer) {
    String text = new String(answer, US_ASCII);
    int at = text.indexOf('#');
    if (at < 0 || at + 11 > text.length() || !text.substring(at + 1, at + 11).matches("\\d+")) {
      return -1;
    }
    return Long.parseLong(text.substring(at + 1, at + 11));
  }

  /// What an attacker says who is never done: no line end, whatever comes behind it.
  byte[] unfinished() {
    return bytes(this == PING ? "PING a" : "a");
  }

  private String text(int client, long number) {
    String start = "%04d#%010d-".formatted(client, number);
    int length = isPushed() ? CHAT_BYTES : ECHO_BYTES;
    return start + "x".repeat(length - 1 - start.length());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }
}
