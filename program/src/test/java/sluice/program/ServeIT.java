package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `./sluice serve` as a process.
class ServeIT {
  @TempDir Path folder;

  private static Socket connect(int port) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), port);
  }

  private static byte[] echo(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    client.shutdownOutput();
    return client.getInputStream().readAllBytes();
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio"})
  void echoesAndStopsOnTerm(String backend) throws Exception {
    try (Program program =
        Program.start("serve", "--listen", "127.0.0.1:0", "--backend", backend)) {
      String ready = program.line();
      assertThat(ready)
          .matches(
              "info server\\.ready address=127\\.0\\.0\\.1:\\d+ handler=echo backend="
                  + backend
                  + " loops=1");
      int port = Integer.parseInt(ready.replaceAll(".*:(\\d+) .*", "$1"));
      try (Socket client = connect(port)) {
        assertThat(echo(client, "안녕")).isEqualTo("안녕".getBytes(StandardCharsets.UTF_8));
      }
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM", "INT"})
  void drainsAnIdleClientAndASecondSignalStopsNow(String signal) throws Exception {
    try (Program program = Program.start("serve", "--listen", "127.0.0.1:0")) {
      int port = program.port();
      try (Socket client = connect(port)) {
        client.getOutputStream().write('x');
        assertThat(client.getInputStream().read()).isEqualTo('x');
        program.signal(signal);
        assertThat(client.getInputStream().read()).isEqualTo(-1); // told, not cut
        assertThat(program.line()).contains("server.stopping").contains(signal);
        program.signal(signal);
      }
      assertThat(program.exitCode()).isZero();
    }
  }

  @Test
  void servesSeveralAddressesTogether() throws Exception {
    Path path = folder.resolve("socket");
    try (Program program =
        Program.start(
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--listen",
            "[::1]:0",
            "--listen",
            "unix:" + path)) {
      assertThat(program.line()).contains("address=127.0.0.1:");
      assertThat(program.line()).contains("address=[0:0:0:0:0:0:0:1]:");
      assertThat(program.line()).contains("address=unix:" + path);
    }
  }

  @Test
  void addressInUseIsOneLineAnd69() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      for (String backend : List.of("epoll", "nio")) {
        try (Program program = Program.start("serve", "--listen", address, "--backend", backend)) {
          assertThat(program.exitCode()).isEqualTo(69);
          assertThat(program.remainingLines()).hasSize(1);
          assertThat(program.line()).contains(address).contains("already in use").contains("ss -l");
        }
      }
    }
  }

  @Test
  void oneBadAddressOfTwoServesNone() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Program program =
            Program.start(
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--listen",
                "127.0.0.1:" + taken.getLocalPort())) {
      assertThat(program.exitCode()).isEqualTo(69);
      assertThat(program.line()).doesNotContain("server.ready");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--listen 192.0.2.1:8000       | 69 | 192.0.2.1:8000",
        "--listen no.such.invalid:8000 | 69 | unknown host",
        "--listen 127.0.0.1            | 64 | the port is missing",
        "--listen 127.0.0.1:99999      | 64 | from 0 to 65535",
        "--listen ::1:8000             | 64 | brackets",
        "--listen unix:                | 64 | path",
        "--listen unix:/no/such/dir/s  | 69 | /no/such/dir/s",
        "--bogus                       | 64 | --bogus",
        "--backend kqueue              | 64 | kqueue",
        "--backlog 0                   | 64 | at least 1",
        "--backlog many                | 64 | many",
        "nonsense                      | 64 | nonsense",
      })
  void badInputIsOneLineThatNamesIt(String arguments, int exitCode, String named) throws Exception {
    String[] words = ("serve " + arguments).split(" ");
    try (Program program = Program.start(words)) {
      assertThat(program.exitCode()).isEqualTo(exitCode);
      assertThat(program.remainingLines()).hasSize(1);
      assertThat(program.line()).startsWith("sluice: ").contains(named);
    }
  }

  @Test
  void missingCommandIsAUsageError() throws Exception {
    try (Program program = Program.start()) {
      assertThat(program.exitCode()).isEqualTo(64);
      assertThat(program.line()).contains("command is missing");
    }
  }

  @Test
  void backendThatCannotRunIsRefusedWithItsReason() throws Exception {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-p",
            Program.ROOT.resolve("program/target/dist/lib").toString(),
            "-m",
            "sluice.program/sluice.program.Main",
            "serve",
            "--listen",
            "127.0.0.1:0");
    List<String> explicit = new java.util.ArrayList<>(command);
    explicit.addAll(List.of("--backend", "epoll"));
    try (Program program = Program.run(new ProcessBuilder(explicit))) {
      assertThat(program.exitCode()).isEqualTo(69);
      assertThat(program.line()).contains("--enable-native-access=sluice.linux");
    }
    try (Program program = Program.run(new ProcessBuilder(command))) {
      assertThat(program.line())
          .startsWith("warn backend.fallback from=epoll to=nio")
          .contains("--enable-native-access=sluice.linux");
      assertThat(program.line()).contains("server.ready").contains("backend=nio");
    }
  }

  @Test
  void clientThatResetsHurtsNobodyElse() throws Exception {
    try (Program program = Program.start("serve", "--listen", "127.0.0.1:0")) {
      int port = program.port();
      try (Socket good = connect(port)) {
        for (int i = 0; i < 200; i++) {
          Socket bad = connect(port);
          bad.setSoLinger(true, 0);
          bad.getOutputStream().write(new byte[1000]);
          bad.close();
        }
        assertThat(echo(good, "still here"))
            .isEqualTo("still here".getBytes(StandardCharsets.UTF_8));
      }
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
      assertThat(program.remainingLines()).allSatisfy(l -> assertThat(l).startsWith("info "));
    }
  }
}
