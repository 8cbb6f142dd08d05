package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `./sluice` and `./mvnw` in environments that are not the developer's.
class LauncherIT {
  @TempDir Path folder;

  /// Returns a process with an empty environment but for `PATH` and `HOME`.
  private ProcessBuilder in(String path, String... command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("PATH", path);
    builder.environment().put("HOME", folder.toString());
    builder.environment().put("SLUICE_NO_BUILD", "1");
    return builder;
  }

  /// Returns a folder with only these tools in it.
  private String only(String... tools) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    for (String tool : tools) {
      Path script = bin.resolve(tool);
      if (!Files.exists(script)) {
        Files.writeString(script, "#!/bin/sh\nexec " + path(tool) + " \"$@\"\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
      }
    }
    return bin.toString();
  }

  private static Path path(String tool) {
    Path usual = Path.of("/usr/bin", tool);
    return Files.exists(usual) ? usual : Path.of("/bin", tool);
  }

  private static final String[] BASICS = {"sh", "sed", "dirname", "readlink", "find", "head"};

  @Test
  void startsThroughASymbolicLinkWithAnEmptyEnvironment() throws Exception {
    Path link =
        Files.createSymbolicLink(folder.resolve("elsewhere"), Program.ROOT.resolve("sluice"));
    try (Program program = Program.run(in("/usr/bin:/bin", link.toString(), "--version"))) {
      assertThat(program.exitCode()).isZero();
      assertThat(program.line()).startsWith("sluice 0.");
    } finally {
      Files.delete(link);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nonsense", "/usr", ""})
  void looksFurtherWhenJavaHomeIsOfNoUse(String home) throws Exception {
    ProcessBuilder builder =
        in("/usr/bin:/bin", Program.ROOT.resolve("sluice").toString(), "--version");
    builder.environment().put("JAVA_HOME", home);
    try (Program program = Program.run(builder)) {
      assertThat(program.exitCode()).isZero();
    }
  }

  @Test
  void findsAJdkWithoutAnyJavaOnThePath() throws Exception {
    ProcessBuilder builder =
        in(only(BASICS), Program.ROOT.resolve("sluice").toString(), "--version");
    builder.environment().put("SLUICE_JAVA_HOME", System.getProperty("java.home"));
    try (Program program = Program.run(builder)) {
      assertThat(program.exitCode()).isZero();
    }
  }

  @Test
  void withoutAJdkItSaysWhatToInstall() throws Exception {
    String script = Program.ROOT.resolve("build-support/find-jdk.sh").toString();
    try (Program program =
        Program.run(
            in(only(BASICS), "sh", "-c", ". " + script + "; find_jdk 99 jdk || no_jdk 99"))) {
      assertThat(program.exitCode()).isEqualTo(78);
      assertThat(program.line())
          .contains("no JDK 99 or newer found")
          .contains("install")
          .contains("SLUICE_JAVA_HOME");
      assertThat(program.remainingLines()).isEmpty();
    }
  }

  @Test
  void withoutMavenItSaysWhatToInstall() throws Exception {
    ProcessBuilder builder = in(only(BASICS), Program.ROOT.resolve("mvnw").toString(), "-version");
    builder.environment().put("SLUICE_JAVA_HOME", System.getProperty("java.home"));
    try (Program program = Program.run(builder)) {
      assertThat(program.exitCode()).isEqualTo(127);
      assertThat(program.line()).contains("no Maven found").contains("apt install maven");
      assertThat(program.remainingLines()).isEmpty();
    }
  }
}
