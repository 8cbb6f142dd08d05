package sluice.program;

/// A failure that the user can do something about: one line that says what, where and what to do.
final class Failure extends Exception {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  Failure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
