package sluice.examples.show;

/// What is printed. Used by one thread.
final class Report {
  private int failures;

  void begin(String figure, String backend) {
    System.out.println(figure + ", " + backend);
  }

  void say(String line) {
    System.out.println("  " + line);
  }

  /// Fails unless `holds`.
  void claim(boolean holds, String claim) {
    if (!holds) {
      fail(claim);
    }
  }

  void fail(String what) {
    failures++;
    System.out.println("  FAIL " + what);
  }

  int failures() {
    return failures;
  }

  static double mib(long bytes) {
    return bytes / (1024.0 * 1024);
  }
}
