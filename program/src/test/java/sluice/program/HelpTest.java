package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
  @ValueSource(strings = {"", "serve", "completion"})
  void fitsInEightyColumnsAndEndsWithExamples(String name) {
    List<String> lines = help(name);
    assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    assertThat(lines).contains("Options:", "Examples:");
    assertThat(lines.subList(lines.indexOf("Examples:") + 1, lines.size()))
        .isNotEmpty()
        .noneMatch(line -> line.matches("[A-Z].*:"));
  }

  @Test
  void everyExampleOfServeIsUnderstood() {
    List<String> examples =
        help("serve").stream().filter(line -> line.startsWith("  ./sluice serve")).toList();
    assertThat(examples).hasSizeGreaterThan(3);
    for (String example : examples) {
      String[] words = example.strip().replaceAll(" >>.*", "").split(" ");
      command("").parseArgs(Stream.of(words).skip(1).toArray(String[]::new));
    }
  }

  @Test
  void everyHandlerOptionAndExitCodeIsThere() {
    String all = String.join("\n", help("serve"));
    assertThat(all).contains(new Handler.Names());
    assertThat(all).contains(new Serve.BackendNames());
    for (int code :
        new int[] {
          ExitCode.OK,
          ExitCode.USAGE,
          ExitCode.UNAVAILABLE,
          ExitCode.INTERNAL,
          ExitCode.CONFIGURATION
        }) {
      assertThat(all).containsPattern("\n +" + code + " ");
    }
    command("serve")
        .getCommandSpec()
        .options()
        .forEach(option -> assertThat(all).contains(option.longestName()));
  }
}
