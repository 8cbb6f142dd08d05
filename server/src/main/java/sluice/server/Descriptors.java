package sluice.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// How many descriptors this process may have.
final class Descriptors {
  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String NAME = "Max open files";

  /// Read once: every description of limits asks.
  private static final long LIMIT = read();

  private Descriptors() {}

  /// Returns the hard limit, up to which the JVM has raised the soft one; `Long.MAX_VALUE` if there
  /// is none or it is not known.
  static long limit() {
    return LIMIT;
  }

  private static long read() {
    try {
      return Files.readAllLines(LIMITS).stream()
          .filter(line -> line.startsWith(NAME))
          .mapToLong(line -> hard(line.substring(NAME.length()).strip().split(" +")))
          .findFirst()
          .orElse(Long.MAX_VALUE);
    } catch (IOException _) {
      return Long.MAX_VALUE; // another system
    }
  }

  private static long hard(String[] columns) {
    return columns[1].equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(columns[1]);
  }
}
