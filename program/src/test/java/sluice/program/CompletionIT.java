package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `./sluice completion`, asked by a real bash.
class CompletionIT {
  /// Does what bash does at a tab: calls the function of the command with the words so far.
  private static final String TAB =
      """
      source ./script
      COMP_WORDS=("$@")
      COMP_CWORD=$(($# - 1))
      COMP_LINE="$*"
      COMP_POINT=${#COMP_LINE}
      function=$(complete -p sluice | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
      "$function" sluice "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
      printf '%s\\n' "${COMPREPLY[@]}"
      """;

  @TempDir Path folder;

  private List<String> tab(String... words) throws Exception {
    ProcessBuilder bash = new ProcessBuilder("bash", "-c", TAB, "bash").directory(folder.toFile());
    bash.command().addAll(List.of(words));
    try (Program program = Program.run(bash)) {
      assertThat(program.exitCode()).isZero();
      return program.remainingLines();
    }
  }

  @Test
  void bashCompletesWithTheScript() throws Exception {
    Program.require("bash", "bash");
    ProcessBuilder completion = Program.sluice("completion");
    completion.redirectOutput(folder.resolve("script").toFile());
    assertThat(completion.start().waitFor()).isZero();
    Files.createFile(folder.resolve("Mine.java"));
    Files.createFile(folder.resolve("notes.txt"));
    Files.createDirectory(folder.resolve("more files"));

    assertThat(tab("sluice", ""))
        .contains("serve", "connect", "bench", "completion")
        .doesNotContain("train");
    assertThat(tab("./sluice", "comp")).containsExactly("completion");
    assertThat(tab("sluice", "serve", ""))
        .contains("echo", "discard", "lines", "chat", "Mine.java", "more files")
        .doesNotContain("notes.txt");
    assertThat(tab("sluice", "serve", "M")).containsExactly("Mine.java");
    assertThat(tab("sluice", "serve", "ec")).containsExactly("echo");
    assertThat(tab("sluice", "serve", "--backend", "e")).containsExactly("epoll");
    assertThat(tab("sluice", "serve", "--backend", ""))
        .containsExactly("auto", "io_uring", "epoll", "nio");
    assertThat(tab("sluice", "serve", "--back"))
        .containsExactlyInAnyOrder("--backend", "--backlog");
    assertThat(tab("sluice", "connect", "--"))
        .contains("--connect-timeout", "--raw")
        .doesNotContain("--backend");
  }
}
