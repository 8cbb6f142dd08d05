package sluice.program;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `sluice completion`.
@Command(
    name = "completion",
    header = "Prints a script with which bash and zsh complete commands, options and handlers.",
    synopsisHeading = "%nUsage: ",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  # bash and zsh, for this shell:",
      "  source <(./sluice completion)",
      "  # bash, for all shells to come:",
      "  mkdir -p ~/.local/share/bash-completion/completions",
      "  ./sluice completion >~/.local/share/bash-completion/completions/sluice",
      "  # zsh, for all shells to come:",
      "  ./sluice completion >~/.sluice-completion",
      "  echo 'source ~/.sluice-completion' >>~/.zshrc"
    })
final class Completion implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Override
  public void run() {
    CommandLine sluice = spec.root().commandLine();
    spec.commandLine()
        .getOut()
        .println(AutoComplete.bash(sluice.getCommandName(), sluice) + files());
  }

  private static String files() {
    try (var in = Completion.class.getResourceAsStream("completion.bash")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
