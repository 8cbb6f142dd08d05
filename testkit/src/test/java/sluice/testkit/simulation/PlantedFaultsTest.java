package sluice.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The faults that are planted to prove the simulation still fit the sources: whoever changes those
/// learns it here, rather than when `build-support/plant-faults` runs.
class PlantedFaultsTest {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root"));

  @Test
  void allOfThemApply() throws Exception {
    List<String> failures = new ArrayList<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve("testkit/src/test/faults"))) {
      List<Path> patches = files.filter(f -> f.toString().endsWith(".patch")).sorted().toList();
      assertThat(patches).hasSizeGreaterThan(30);
      for (Path patch : patches) {
        Process git = start(List.of("git", "apply", "--check", patch.toString()));
        String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (git.waitFor() != 0) {
          failures.add(patch.getFileName() + ": " + said);
        }
      }
    }
    assertThat(failures).isEmpty();
  }

  private static Process start(List<String> command) throws IOException {
    try {
      return new ProcessBuilder(command).directory(ROOT.toFile()).redirectErrorStream(true).start();
    } catch (IOException e) {
      if ("1".equals(System.getenv("SLUICE_REQUIRE_ALL"))) {
        throw e;
      }
      System.out.println("skipped: no git, install git");
      abort("no git");
      throw e;
    }
  }
}
