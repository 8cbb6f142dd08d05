package sluice.program;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `./sluice connect` on a terminal that `script` makes.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectTerminalIT {
  private static final String CONTROL_C = "\u0003";
  private static final String CONTROL_D = "\u0004";

  @TempDir Path folder;

  private ServerSocket server;

  @BeforeEach
  void listen() throws Exception {
    Program.require("script", "bsdutils");
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    server.setSoTimeout(60_000);
  }

  @AfterEach
  void close() throws IOException {
    if (server != null) {
      server.close();
    }
  }

  private Program connect(String script, String... options) throws IOException {
    String[] arguments = new String[options.length + 2];
    arguments[0] = "connect";
    arguments[1] = "127.0.0.1:" + server.getLocalPort();
    System.arraycopy(options, 0, arguments, 2, options.length);
    return Program.runPiped(Program.onTerminal(script, arguments));
  }

  private static void type(Program program, String keys) throws IOException {
    program.standardInput().write(keys.getBytes(UTF_8));
    program.standardInput().flush();
  }

  private static void send(Socket peer, String text) throws IOException {
    peer.getOutputStream().write(text.getBytes(UTF_8));
  }

  private static BufferedReader received(Socket peer) throws IOException {
    return new BufferedReader(new InputStreamReader(peer.getInputStream(), UTF_8));
  }

  @Test
  void linesGoBothWaysAndControlDEndsTheInput() throws Exception {
    try (Program program = connect("\"$@\"; cat /proc/self/fdinfo/0");
        Socket peer = server.accept()) {
      BufferedReader screen = program.standardOutput();
      BufferedReader received = received(peer);
      type(program, "안녕\n");
      assertThat(received.readLine()).isEqualTo("안녕");
      assertThat(screen.readLine()).isEqualTo("안녕"); // the terminal's own echo
      send(peer, "one\n\ttwo\n");
      assertThat(screen.readLine()).isEqualTo("one");
      assertThat(screen.readLine()).isEqualTo("\ttwo");
      type(program, CONTROL_D);
      assertThat(received.read()).isEqualTo(-1);
      send(peer, "the answer\n");
      assertThat(screen.readLine()).endsWith("the answer"); // behind the echo of control-D
      peer.shutdownOutput();
      assertThat(screen.lines().filter(l -> l.startsWith("flags:")))
          .hasSize(1)
          .allSatisfy(ConnectIT::assertBlocks);
      assertThat(program.exitCode()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"'', is \\u{1b}[31mred\\u{202e}", "--raw, is \u001b[31mred\u202e"})
  void whatCouldPlayTricksIsShownUnlessRaw(String option, String line) throws Exception {
    String[] options = option.isEmpty() ? new String[0] : new String[] {option};
    try (Program program = connect("\"$@\"", options);
        Socket peer = server.accept()) {
      send(peer, "is \u001b[31mred\u202e\n");
      peer.shutdownOutput();
      assertThat(program.standardOutput().readLine()).isEqualTo(line);
      assertThat(program.exitCode()).isZero();
    }
  }

  @Test
  void controlCEndsIt() throws Exception {
    try (Program program = connect("\"$@\"");
        Socket peer = server.accept()) {
      send(peer, "x\n");
      assertThat(program.standardOutput().readLine()).isEqualTo("x");
      type(program, CONTROL_C);
      assertThat(program.exitCode()).isEqualTo(130);
      assertThat(peer.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void peerThatEndsFirstEndsIt() throws Exception {
    try (Program program = connect("\"$@\"");
        Socket peer = server.accept()) {
      send(peer, "bye\n");
      peer.shutdownOutput();
      assertThat(program.standardOutput().readLine()).isEqualTo("bye");
      assertThat(program.exitCode()).isZero();
    }
  }

  /// The other side is a pipe, a file or nothing. `IN` and `OUT` are files.
  @ParameterizedTest
  @CsvSource({
    "printf piped | \"$@\",       '',      piped, an\\u{1b}swer",
    "\"$@\" <IN,                  '',      filed, an\\u{1b}swer",
    "\"$@\" </dev/null,           '',      '',    an\\u{1b}swer",
    "\"$@\" | cat,                typed,   typed, an\u001bswer",
    "\"$@\" >OUT; cat OUT,        typed,   typed, an\u001bswer",
    "\"$@\" <IN | cat,            '',      filed, an\u001bswer",
    "printf piped | \"$@\" | cat, '',      piped, an\u001bswer",
  })
  void oneSideMayBeNoTerminal(String script, String typed, String sent, String shown)
      throws Exception {
    Path in = Files.writeString(folder.resolve("in"), "filed");
    Path out = folder.resolve("out");
    String run = script.replace("IN", in.toString()).replace("OUT", out.toString());
    try (Program program = connect(run);
        Socket peer = server.accept()) {
      if (!typed.isEmpty()) {
        type(program, typed + CONTROL_D + CONTROL_D); // the first one only ends the line
      }
      assertThat(received(peer).readLine()).isEqualTo(sent.isEmpty() ? null : sent);
      send(peer, "an\u001bswer\n");
      peer.shutdownOutput();
      assertThat(program.standardOutput().readLine()).endsWith(shown);
      assertThat(program.exitCode()).isZero();
    }
  }
}
