package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A kernel that refuses io_uring, at any of its calls and in any way: who asked for it is told
/// why, and who did not is served.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UringRefusedIT {
  private static final String CALLS =
      """
      SECCOMP | io_uring_setup    | EPERM (1)
      SECCOMP | io_uring_setup    | ENOSYS (38)
      SECCOMP | io_uring_enter    | EPERM (1)
      SECCOMP | io_uring_register | EPERM (1)
      STRACE  | io_uring_setup    | ENOSYS (38)
      SYSCTL  | io_uring_setup    | EPERM (1) (kernel.io_uring_disabled=2)
      """;

  private static final Map<String, Integer> NUMBERS =
      Map.of("io_uring_setup", 425, "io_uring_enter", 426, "io_uring_register", 427);

  private static final Path DISABLED = Path.of("/proc/sys/kernel/io_uring_disabled");

  /// Who refuses it.
  enum Way {
    /// A filter, as containers have it.
    SECCOMP,
    /// A tracer, instead of a kernel that does not know it.
    STRACE,
    /// The administrator, for the whole machine.
    SYSCTL
  }

  @TempDir Path folder;

  /// What the administrator had set; null if this test has changed nothing.
  private @Nullable String setting;

  @AfterEach
  void allowItAgain() throws IOException {
    if (setting != null) {
      Files.writeString(DISABLED, setting);
    }
  }

  private Program start(Way way, String call, String error, String... arguments) throws Exception {
    ProcessBuilder builder = Program.sluice(arguments);
    switch (way) {
      case SECCOMP -> builder.command().addAll(0, filter(call, error));
      case STRACE -> {
        Program.require("strace", "strace");
        String injection = call + ":error=" + error.replaceAll(" .*", "");
        builder
            .command()
            .addAll(
                0,
                List.of(
                    "strace",
                    "-f",
                    "-qq",
                    "-o",
                    "/dev/null",
                    "-e",
                    "trace=" + call,
                    "-e",
                    "inject=" + injection));
      }
      case SYSCTL -> {
        if (!Files.isWritable(DISABLED)) {
          Program.skip(DISABLED + " cannot be written here");
        }
        setting = Files.readString(DISABLED).strip();
        Files.writeString(DISABLED, "2");
      }
    }
    return Program.run(builder);
  }

  private List<String> filter(String call, String error) throws Exception {
    Program.require("cc", "gcc libc6-dev");
    Path refuse = folder.resolve("refuse");
    Path source = Program.ROOT.resolve("program/src/test/c/refuse.c");
    int compiled =
        new ProcessBuilder("cc", "-Wall", "-Werror", "-o", refuse.toString(), source.toString())
            .inheritIO()
            .start()
            .waitFor();
    assertThat(compiled).isZero();
    String errno = error.replaceAll(".*\\((\\d+)\\).*", "$1");
    return List.of(refuse.toString(), String.valueOf(NUMBERS.get(call)), errno);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CALLS)
  void askedForByNameItIsOneLineAnd69(Way way, String call, String error) throws Exception {
    try (Program program = start(way, call, error, "serve", "--backend", "io_uring")) {
      program.expectFailure(
          69,
          "sluice: backend io_uring cannot run here: " + call,
          error,
          "--backend auto takes what works here");
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CALLS)
  void whoeverDoesNotAskForItIsServed(Way way, String call, String error) throws Exception {
    try (Program program = start(way, call, error, "serve", "--listen", "127.0.0.1:0");
        Socket client = new Socket(InetAddress.getLoopbackAddress(), program.port())) {
      assertThat(echo(client, call + error)).isEqualTo(call + error);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CALLS)
  void doctorTellsTheReason(Way way, String call, String error) throws Exception {
    try (Program program = start(way, call, error, "doctor")) {
      assertThat(program.exitCode()).isZero();
      assertThat(program.remainingLines())
          .anyMatch(line ->
              line.startsWith("backend io_uring: cannot run here: " + call) && line.contains(error))
          .contains("backend epoll: works, and is what 'auto' takes");
    }
  }

  private static String echo(Socket client, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    client.getOutputStream().write(bytes);
    return new String(client.getInputStream().readNBytes(bytes.length), StandardCharsets.UTF_8);
  }
}
