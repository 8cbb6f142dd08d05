package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `./sluice connect` that cannot: one line that says what, where and what to do.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectFailuresIT {
  @TempDir Path folder;

  /// Returns an address of this machine that refuses.
  private static String refusing() throws IOException {
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + closed.getLocalPort();
    }
  }

  @Test
  void refusedIsOneLineAnd69() throws Exception {
    String address = refusing();
    try (Program program = Program.start("connect", address)) {
      program.expectFailure(69, "cannot connect to " + address + ": connection refused; ", "start");
    }
  }

  @Test
  void missingSocketIsOneLineAnd69() throws Exception {
    String address = "unix:" + folder.resolve("none");
    try (Program program = Program.start("connect", address)) {
      program.expectFailure(
          69, "cannot connect to " + address + ": ENOENT (2); ", "no such socket");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no.such.invalid:8000                    | 69 | unknown host in no.such.invalid:8000",
        "127.0.0.1                               | 64 | the port is missing",
        "127.0.0.1:0                             | 64 | cannot connect to port 0",
        ":8000                                   | 64 | the host is missing",
        "::1:8000                                | 64 | brackets",
        "unix:                                   | 64 | path",
        "--raw                                   | 64 | ADDR",
        "127.0.0.1:1 127.0.0.1:2                 | 64 | 127.0.0.1:2",
        "127.0.0.1:1 --connect-timeout 10        | 64 | is not a duration",
        "127.0.0.1:1 --bogus                     | 64 | --bogus",
      })
  void badInputIsOneLineThatNamesIt(String arguments, int exitCode, String named) throws Exception {
    try (Program program = Program.start(("connect " + arguments).split(" "))) {
      program.expectFailure(exitCode, named);
    }
  }

  @Test
  void pathThatIsTooLongIsNamedWithTheLimit() throws Exception {
    String path = "/tmp/" + "x".repeat(200);
    try (Program program = Program.start("connect", "unix:" + path)) {
      program.expectFailure(69, path + " has 205 bytes, that of a socket may have 107; ");
    }
  }

  /// A listener whose backlog is full lets further clients wait.
  @Test
  void noAnswerIsGivenUpAfterTheTimeout() throws Exception {
    List<SocketChannel> waiting = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 8; i++) {
        SocketChannel client = SocketChannel.open();
        waiting.add(client);
        client.configureBlocking(false);
        client.connect(full.getLocalSocketAddress());
      }
      String address = "127.0.0.1:" + full.getLocalPort();
      try (Program program = Program.start("connect", address, "--connect-timeout", "300ms")) {
        program.expectFailure(
            69, "cannot connect to " + address + ": no answer in 0.3s; ", "--connect-timeout");
      }
    } finally {
      for (SocketChannel client : waiting) {
        client.close();
      }
    }
  }

  /// Starts it where `two.test` has the addresses 127.0.0.1 and ::1.
  private Program connectToTwo(int port) throws IOException {
    Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 two.test\n::1 two.test\n");
    ProcessBuilder builder = Program.sluice("connect", "two.test:" + port);
    builder.environment().put("SLUICE_JAVA_OPTS", "-Djdk.net.hosts.file=" + hosts);
    return Program.run(builder);
  }

  @Test
  void addressesOfAHostAreTriedInOrder() throws Exception {
    try (ServerSocket server = new ServerSocket()) {
      server.setSoTimeout(60_000);
      server.bind(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0));
      try (Program program = connectToTwo(server.getLocalPort());
          Socket peer = server.accept()) {
        peer.shutdownOutput();
        assertThat(program.exitCode()).isZero();
      }
    }
  }

  @Test
  void lastFailureIsReportedWithTheNumberOfAddresses() throws Exception {
    int port = Integer.parseInt(refusing().replaceAll(".*:", ""));
    try (Program program = connectToTwo(port)) {
      program.expectFailure(
          69,
          "cannot connect to two.test:" + port + " at [0:0:0:0:0:0:0:1]:" + port,
          "the last of 2 addresses: connection refused; ");
    }
  }

  @Test
  void withoutNativeAccessItSaysWhyAndHow() throws Exception {
    ProcessBuilder java =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-p",
            Program.ROOT.resolve("program/target/dist/lib").toString(),
            "-m",
            "sluice.program/sluice.program.Main",
            "connect",
            "127.0.0.1:1");
    try (Program program = Program.run(java)) {
      program.expectFailure(
          69, "java.nio cannot watch standard input", "--enable-native-access=", "nc");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "</         | cannot read standard input: EISDIR",
        ">/dev/full | cannot write standard output: ENOSPC"
      })
  void brokenStandardStreamIsOneLineAnd74(String redirection, String named) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Program program =
            Program.runPiped(
                Program.within(
                    "exec \"$@\" " + redirection,
                    "connect",
                    "127.0.0.1:" + server.getLocalPort()));
        Socket peer = server.accept()) {
      peer.getOutputStream().write('x');
      program.expectFailure(ExitCode.INPUT_OUTPUT, named);
    }
  }
}
