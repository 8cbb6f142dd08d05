package sluice.program;

/// How the program ends; the numbers are those of BSD's `sysexits`.
final class ExitCode {
  static final int OK = 0;

  /// The command line is wrong.
  static final int USAGE = 64;

  /// It cannot serve or connect: an address is in use, nobody answers, a backend is refused.
  static final int UNAVAILABLE = 69;

  /// A defect of the program.
  static final int INTERNAL = 70;

  /// Standard input or output failed.
  static final int INPUT_OUTPUT = 74;

  /// A handler that cannot be used, or no JDK.
  static final int CONFIGURATION = 78;

  /// Nobody reads standard output any more: what a shell says of a program that `SIGPIPE` ended.
  static final int BROKEN_PIPE = 128 + 13;

  private ExitCode() {}
}
