package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A kernel that refuses io_uring, at any of its calls: who asked for it is told why, and who did
/// not is served.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UringRefusedIT {
  private static final String CALLS =
      """
      io_uring_setup    | 425 | 1  | EPERM (1)
      io_uring_setup    | 425 | 38 | ENOSYS (38)
      io_uring_enter    | 426 | 1  | EPERM (1)
      io_uring_register | 427 | 1  | EPERM (1)
      """;

  @TempDir Path folder;

  private Program start(int number, int errno, String... arguments) throws Exception {
    Program.require("cc", "gcc libc6-dev");
    Path refuse = folder.resolve("refuse");
    Path source = Program.ROOT.resolve("program/src/test/c/refuse.c");
    int compiled =
        new ProcessBuilder("cc", "-Wall", "-Werror", "-o", refuse.toString(), source.toString())
            .inheritIO()
            .start()
            .waitFor();
    assertThat(compiled).isZero();
    ProcessBuilder builder = Program.sluice(arguments);
    builder
        .command()
        .addAll(0, List.of(refuse.toString(), Integer.toString(number), Integer.toString(errno)));
    return Program.run(builder);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CALLS)
  void askedForByNameItIsOneLineAnd69(String call, int number, int errno, String name)
      throws Exception {
    try (Program program = start(number, errno, "serve", "--backend", "io_uring")) {
      program.expectFailure(
          69,
          "sluice: backend io_uring cannot run here: " + call,
          name,
          "--backend auto takes what works here");
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CALLS)
  void whoeverDoesNotAskForItIsServed(String call, int number, int errno, String name)
      throws Exception {
    try (Program program = start(number, errno, "serve", "--listen", "127.0.0.1:0");
        Socket client = new Socket(InetAddress.getLoopbackAddress(), program.port())) {
      assertThat(echo(client, call + name)).isEqualTo(call + name);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = CALLS)
  void doctorTellsTheReason(String call, int number, int errno, String name) throws Exception {
    try (Program program = start(number, errno, "doctor")) {
      assertThat(program.exitCode()).isZero();
      assertThat(program.remainingLines())
          .anyMatch(line ->
              line.startsWith("backend io_uring: cannot run here: " + call) && line.contains(name))
          .contains("backend epoll: works, and is what 'auto' takes");
    }
  }

  private static String echo(Socket client, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    client.getOutputStream().write(bytes);
    return new String(client.getInputStream().readNBytes(bytes.length), StandardCharsets.UTF_8);
  }
}
