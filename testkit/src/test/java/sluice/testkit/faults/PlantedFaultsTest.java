package sluice.testkit.faults;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The faults that are planted to prove the tests still fit the sources: whoever changes those
/// learns it here, rather than when `build-support/plant-faults` runs.
class PlantedFaultsTest {
  private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
  private static final int EACH_AREA_MIN = 5;

  private static List<Fault> faults() throws IOException {
    return Fault.readAll(ROOT.resolve(Fault.FOLDER));
  }

  @Test
  void allOfThemApply() throws Exception {
    List<String> failures = new ArrayList<>();
    for (Fault fault : faults()) {
      Process git = start(List.of("git", "apply", "--check", fault.patch().toString()));
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (git.waitFor() != 0) {
        failures.add(fault.name() + ": " + said);
      }
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void everyAreaHasSome() throws Exception {
    Map<Area, Long> killed =
        faults().stream()
            .filter(fault -> !fault.survives())
            .collect(groupingBy(Fault::area, counting()));
    for (Area area : Area.values()) {
      assertThat(killed.getOrDefault(area, 0L))
          .as("%s", area)
          .isGreaterThanOrEqualTo(EACH_AREA_MIN);
    }
  }

  @Test
  void testsThatTheyNameExist() throws Exception {
    try (Stream<Path> files = Files.walk(ROOT)) {
      var sources =
          files
              .filter(file -> file.toString().endsWith("Test.java"))
              .map(file -> String.valueOf(file.getFileName()).replace(".java", ""))
              .collect(Collectors.toSet());
      for (Fault fault : faults()) {
        assertThat(sources).containsAll(fault.tests().stream().map(Fault::className).toList());
      }
    }
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
