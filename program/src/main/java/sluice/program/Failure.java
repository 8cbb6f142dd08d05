package sluice.program;

import java.io.IOException;

/// A failure that the user can do something about: one line that says what, where and what to do.
final class Failure extends Exception {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  Failure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /// Returns what the system said: the last part of a message that names the call first.
  static String reason(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.substring(message.lastIndexOf(": ") + 1).strip();
  }

  int exitCode() {
    return exitCode;
  }
}
