package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What `sluice doctor` says here, where every backend works.
class DoctorIT {
  @Test
  void everyBackendAndLimitIsNamedWithAdvice() throws Exception {
    Program.requireBackend("io_uring");
    try (Program doctor = Program.start("doctor")) {
      assertThat(doctor.exitCode()).isZero();
      List<String> lines = doctor.remainingLines();
      assertThat(lines)
          .filteredOn(line -> line.startsWith("backend "))
          .hasSize(3)
          .anyMatch(line -> line.matches("backend epoll: works.*"))
          .anyMatch(line -> line.matches("backend io_uring: works.*"))
          .anyMatch(line -> line.matches("backend nio: works.*"));
      assertThat(lines).filteredOn(line -> line.contains("'auto' takes")).hasSize(1);
      assertThat(lines).anyMatch(line -> line.matches("  no  exceptional set .*"));
      assertThat(lines.subList(lines.indexOf("limits") + 1, lines.size()))
          .hasSizeGreaterThanOrEqualTo(3)
          .allMatch(line -> line.matches("  \\S.*\\S +(\\d+|unlimited) +\\S.*"))
          .anyMatch(line -> line.contains("open files"))
          .anyMatch(line -> line.contains("somaxconn"))
          .anyMatch(line -> line.contains("locked memory"));
    }
  }

  @Test
  void jsonSaysTheSameToPrograms() throws Exception {
    Program.requireBackend("io_uring");
    Program.require("python3", "python3");
    try (Program doctor = Program.start("doctor", "--json")) {
      assertThat(doctor.exitCode()).isZero();
      String json = doctor.remainingLines().stream().collect(Collectors.joining("\n"));
      Process python =
          new ProcessBuilder(
                  "python3",
                  "-c",
                  "import json,sys; d=json.load(sys.stdin);"
                      + "print(d['auto'], *sorted(b['name'] for b in d['backends'] if b['works']),"
                      + " all(l['advice'] for l in d['limits']),"
                      + " all(c['used'] or c['why'] for b in d['backends']"
                      + " for c in b['capabilities']))")
              .start();
      python.getOutputStream().write(Text.utf8(json));
      python.getOutputStream().close();
      String said =
          new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(said).isEqualTo("epoll epoll io_uring nio True True");
    }
  }
}
