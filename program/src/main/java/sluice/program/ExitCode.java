package sluice.program;

/// How the program ends; the numbers are those of BSD's `sysexits`.
final class ExitCode {
  static final int OK = 0;

  /// The command line is wrong.
  static final int USAGE = 64;

  /// It cannot serve: an address is in use, a backend is refused.
  static final int UNAVAILABLE = 69;

  /// A defect of the program.
  static final int INTERNAL = 70;

  /// A handler that cannot be used, or no JDK.
  static final int CONFIGURATION = 78;

  private ExitCode() {}
}
