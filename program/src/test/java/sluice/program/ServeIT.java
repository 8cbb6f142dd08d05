package sluice.program;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `./sluice serve` as a process.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
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
  @ValueSource(strings = {"io_uring", "epoll", "nio"})
  void echoesAndStopsOnTerm(String backend) throws Exception {
    Program.requireBackend(backend);
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

  /// Each client gets a beginning of what it sent, without a hole, and is told the end.
  @Test
  void drainsClientsThatNeverStop() throws Exception {
    int count = 16;
    try (ExecutorService threads = Executors.newCachedThreadPool();
        Program program = Program.start("serve", "--listen", "127.0.0.1:0")) {
      int port = program.port();
      CountDownLatch busy = new CountDownLatch(count);
      List<Future<Boolean>> clients = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Socket client = connect(port);
        threads.execute(() -> sendForEver(client));
        clients.add(threads.submit(() -> receivesABeginning(client, busy)));
      }
      assertThat(busy.await(60, TimeUnit.SECONDS)).isTrue();
      program.signal("TERM");
      assertThat(program.line()).contains("server.stopping");
      for (Future<Boolean> client : clients) {
        assertThat(client.get(60, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(program.exitCode()).isZero();
      assertThatThrownBy(() -> connect(port)).isInstanceOf(ConnectException.class);
    }
  }

  private static boolean receivesABeginning(Socket client, CountDownLatch busy) throws IOException {
    try (client) {
      InputStream in = client.getInputStream();
      byte[] block = new byte[8192];
      int expected = 0;
      boolean first = true;
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        for (int i = 0; i < count; i++, expected = (expected + 1) % 251) {
          if (block[i] != (byte) expected) {
            return false;
          }
        }
        if (first) {
          busy.countDown();
          first = false;
        }
      }
      return true;
    }
  }

  private static void sendForEver(Socket client) {
    byte[] block = new byte[251];
    for (int i = 0; i < block.length; i++) {
      block[i] = (byte) i;
    }
    try {
      while (true) {
        client.getOutputStream().write(block);
      }
    } catch (IOException _) {
      // the server takes no more
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {">&-", "<&- >&-"})
  void servesWithoutStandardOutput(String redirections) throws Exception {
    try (Program program =
            Program.startRedirected(redirections, "serve", "lines", "--listen", "127.0.0.1:0");
        Socket client = connect(program.port())) {
      client.getOutputStream().write("nobody reads this\n".repeat(1000).getBytes(US_ASCII));
      client.shutdownOutput();
      assertThat(client.getInputStream().read()).isEqualTo(-1); // the lines went to no socket
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
  }

  @Test
  void servesOnWhenTheReaderOfStandardOutputGoesAway() throws Exception {
    try (Program program = Program.startPiped("serve", "lines", "--listen", "127.0.0.1:0")) {
      int port = program.port();
      program.standardOutput().close();
      for (int i = 0; i < 3; i++) {
        try (Socket client = connect(port)) {
          client.getOutputStream().write("a line\n".repeat(50_000).getBytes(US_ASCII));
          client.shutdownOutput();
          assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
      }
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
  }

  @Test
  void serverWithoutMemoryEndsRatherThanLimps() throws Exception {
    Path hoarding =
        Files.writeString(
            folder.resolve("Hoarding.java"),
            """
            import java.nio.ByteBuffer;
            import java.util.*;
            import sluice.server.*;

            class Hoarding implements ConnectionHandler {
              private final List<byte[]> all = new ArrayList<>();

              public void onData(Connection connection, ByteBuffer data) {
                while (true) {
                  all.add(new byte[1 << 20]);
                }
              }
            }
            """);
    ProcessBuilder builder =
        Program.sluice("serve", hoarding.toString(), "--listen", "127.0.0.1:0");
    builder.environment().put("SLUICE_JAVA_OPTS", "-Xmx64m");
    try (Program program = Program.run(builder)) {
      try (Socket client = connect(program.port())) {
        client.getOutputStream().write(1);
        assertThat(program.exitCode()).isEqualTo(3);
      }
    }
  }

  /// Far more is logged than a pipe and the queue of the log hold.
  @Test
  void logThatNobodyReadsHoldsUpNobody() throws Exception {
    Path failing =
        Files.writeString(
            folder.resolve("Failing.java"),
            """
            import java.nio.ByteBuffer;
            import sluice.server.*;

            class Failing implements ConnectionHandler {
              public void onData(Connection connection, ByteBuffer data) {
                if (data.get(data.position()) == '!') {
                  throw new IllegalStateException("x".repeat(1000));
                }
                connection.write(data);
              }
            }
            """);
    Path path = folder.resolve("socket");
    Process process =
        Program.sluice("serve", failing.toString(), "--listen", "unix:" + path).start();
    try (BufferedReader log = process.errorReader()) {
      assertThat(log.readLine()).contains("server.limits");
      assertThat(log.readLine()).contains("server.ready");
      try (SocketChannel good = connect(path)) {
        for (int i = 0; i < 3000; i++) {
          try (SocketChannel bad = connect(path)) {
            bad.write(ByteBuffer.wrap(new byte[] {'!'}));
            assertThat(bad.read(ByteBuffer.allocate(1))).isEqualTo(-1);
          }
          assertEchoes(good);
        }
      }
      process.destroy();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly().onExit().join();
    }
  }

  @Test
  void versionTellsWhatRunsHere() throws Exception {
    try (Program program = Program.start("--version")) {
      assertThat(program.exitCode()).isZero();
      assertThat(program.line()).startsWith("sluice 0.");
      assertThat(program.line()).isEqualTo("backend epoll");
      assertThat(program.line()).startsWith("java ");
      assertThat(program.line()).startsWith("Linux ");
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

  private static SocketChannel connect(Path path) throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(path));
  }

  private static void assertEchoes(SocketChannel client) throws IOException {
    client.write(ByteBuffer.wrap(new byte[] {'x'}));
    assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll", "nio"})
  void unixPathIsPrivateGoesAwayAndIsTakenOverFromADeadServer(String backend) throws Exception {
    Program.requireBackend(backend);
    Path path = folder.resolve("socket");
    String[] serve = {"serve", "--listen", "unix:" + path, "--backend", backend};
    try (Program program = Program.start(serve)) {
      assertThat(program.line()).contains("server.ready");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-------");
      try (Program second = Program.start(serve)) {
        assertThat(second.exitCode()).isEqualTo(69);
        assertThat(second.line()).contains(path.toString()).contains("in use").contains("ss -lxp");
      }
      program.signal("KILL");
      assertThat(program.exitCode()).isNotZero();
    }
    assertThat(path).exists();
    try (Program program = Program.start(serve)) {
      assertThat(program.line()).contains("server.ready");
      try (SocketChannel client = connect(path)) {
        assertEchoes(client);
      }
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
    assertThat(path).doesNotExist();
    Files.writeString(path, "kept");
    try (Program program = Program.start(serve)) {
      assertThat(program.exitCode()).isEqualTo(69);
      assertThat(program.line()).contains(path.toString()).contains("a regular file");
    }
    assertThat(path).hasContent("kept");
  }

  @ParameterizedTest
  @ValueSource(strings = {"io_uring", "epoll", "nio"})
  void addressInUseIsOneLineAnd69(String backend) throws Exception {
    Program.requireBackend(backend);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      try (Program program = Program.start("serve", "--listen", address, "--backend", backend)) {
        assertThat(program.exitCode()).isEqualTo(69);
        assertThat(program.remainingLines()).hasSize(1);
        assertThat(program.line()).contains(address).contains("already in use").contains("ss -l");
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
          .startsWith("warn backend.fallback from=epoll,io_uring to=nio")
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
