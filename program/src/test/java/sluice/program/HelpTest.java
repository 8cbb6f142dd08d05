package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// What `--help` says.
class HelpTest {
  private static CommandLine command(String name) {
    CommandLine sluice = new CommandLine(new Main());
    return name.isEmpty() ? sluice : sluice.getSubcommands().get(name);
  }

  private static List<String> help(String name) {
    return command(name).getUsageMessage(CommandLine.Help.Ansi.OFF).lines().toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "serve", "connect", "bench", "doctor", "completion"})
  void fitsInEightyColumnsAndEndsWithExamples(String name) {
    List<String> lines = help(name);
    assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    assertThat(lines).contains("Options:", "Examples:");
    assertThat(lines.subList(lines.indexOf("Examples:") + 1, lines.size()))
        .isNotEmpty()
        .noneMatch(line -> line.matches("[A-Z].*:"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"serve", "connect", "bench"})
  void everyExampleIsUnderstood(String name) {
    List<String> examples =
        help(name).stream().filter(line -> line.startsWith("  ./sluice " + name)).toList();
    assertThat(examples).hasSizeGreaterThan(3);
    for (String example : examples) {
      String[] words = example.strip().replaceAll(" [<>].*", "").split(" ");
      command("").parseArgs(Stream.of(words).skip(1).toArray(String[]::new));
    }
  }

  @Test
  void everyHandlerOptionAndExitCodeIsThere() {
    assertThat(String.join("\n", help("serve"))).contains(new Handler.Names());
    assertThat(String.join("\n", help("serve"))).contains(new Serve.BackendNames());
    assertNamed(
        "serve",
        ExitCode.OK,
        ExitCode.USAGE,
        ExitCode.UNAVAILABLE,
        ExitCode.INTERNAL,
        ExitCode.CONFIGURATION);
    assertNamed(
        "connect",
        ExitCode.OK,
        ExitCode.USAGE,
        ExitCode.UNAVAILABLE,
        ExitCode.INTERNAL,
        ExitCode.INPUT_OUTPUT,
        ExitCode.BROKEN_PIPE);
  }

  private static void assertNamed(String command, int... exitCodes) {
    String all = String.join("\n", help(command));
    for (int code : exitCodes) {
      assertThat(all).containsPattern("\n +" + code + " ");
    }
    command(command)
        .getCommandSpec()
        .options()
        .forEach(option -> assertThat(all).contains(option.longestName()));
  }

  @Test
  void referenceOfConnectHasEveryOptionAndExitCode() throws IOException {
    String page =
        Files.readString(Path.of(System.getProperty("sluice.root"), "docs/reference/connect.md"));
    command("connect")
        .getCommandSpec()
        .options()
        .forEach(option -> assertThat(page).contains("`" + option.longestName()));
    String codes =
        String.join("\n", help("connect")).replaceAll("(?s).*Exit codes:(.*)Examples:.*", "$1");
    assertThat(Pattern.compile("\\b\\d+\\b").matcher(codes).results().map(MatchResult::group))
        .hasSizeGreaterThan(6)
        .allSatisfy(code -> assertThat(page).containsPattern("\n\\| (\\d+, )?" + code + "\\b"));
  }
}
