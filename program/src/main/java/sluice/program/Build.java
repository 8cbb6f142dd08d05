package sluice.program;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/// What the build knows of the program.
final class Build {
  private Build() {}

  static String version() {
    Properties build = new Properties();
    try (var in = Build.class.getResourceAsStream("build.properties")) {
      build.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return build.getProperty("version");
  }
}
