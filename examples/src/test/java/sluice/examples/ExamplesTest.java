package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExamplesTest {
  private static final Path SOURCES =
      Path.of(System.getProperty("sluice.root"), "examples/src/main/java/sluice/examples");

  /// Servers of real protocols, what they read with, and the proxy.
  private static final Set<String> LONGER =
      Set.of(
          "Resp.java",
          "RespReader.java",
          "Http.java",
          "HttpReader.java",
          "Input.java",
          "TcpProxy.java");

  @Test
  void secondListSaysWhenThereIsRoom() throws Exception {
    assertThat(Programs.output(Programs.java(WriteWhenReady.class)))
        .containsExactly(
            "wrote until it would block; writable: 0", "after the reader took it all; writable: 1");
  }

  @Test
  void thirdListSaysThatUrgentDataIsPending() throws Exception {
    assertThat(Programs.output(Programs.java(UrgentData.class)))
        .containsExactly("exceptional: 1", "urgent byte: !", "ordinary bytes: abc");
  }

  @Test
  void oneSelectWaitsForAnything() throws Exception {
    List<String> lines = Programs.output(Programs.java(WaitForAnything.class));
    assertThat(lines).last().isEqualTo("the child has ended: 0");
    lines.removeLast();
    assertThat(lines).allMatch(line -> line.startsWith("ticks: "));
  }

  @Test
  void timeoutOfZeroBurnsTheProcessor() throws Exception {
    List<String> lines = Programs.output(Programs.java(BusyPoll.class));
    assertThat(lines).hasSize(2);
    assertThat(milliseconds(lines.get(0))).isGreaterThan(50 * milliseconds(lines.get(1)) + 50);
    lines.forEach(System.out::println);
  }

  private static long milliseconds(String line) {
    return Long.parseLong(line.replaceAll(".*, (\\d+) ms.*", "$1"));
  }

  @Test
  void examplesAreShort() throws IOException {
    try (var files = Files.list(SOURCES)) {
      for (Path file : files.toList()) {
        int limit = LONGER.contains(file.getFileName().toString()) ? 120 : 40;
        assertThat(Files.readAllLines(file)).as("%s", file).hasSizeLessThanOrEqualTo(limit);
      }
    }
  }
}
