package sluice.program;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What `./sluice serve` allows its clients, and how it says so.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LimitsIT {
  private static Program serve(String... arguments) throws IOException {
    String[] all = new String[arguments.length + 3];
    all[0] = "serve";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    all[arguments.length + 1] = "--listen";
    all[arguments.length + 2] = "127.0.0.1:0";
    return Program.start(all);
  }

  private static Socket connect(int port) throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
    client.setSoTimeout(20_000);
    return client;
  }

  private static void send(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(US_ASCII));
  }

  private static String rest(Socket client) throws IOException {
    return new String(client.getInputStream().readAllBytes(), US_ASCII);
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() throws Exception {
    try (Program program =
        serve(
            "--max-connections=some",
            "--max-per-address=-1",
            "--idle-timeout=5y",
            "--lifetime=1ms",
            "--max-line=64kb",
            "--max-frame=3GiB",
            "--output-limit=1KiB",
            "--memory-limit=900GiB")) {
      assertThat(program.exitCode()).isEqualTo(78);
      assertThat(program.remainingLines())
          .hasSize(8)
          .allMatch(line -> line.startsWith("sluice: --"))
          .anyMatch(line -> line.contains("--max-connections: 'some' is not a number"))
          .anyMatch(line -> line.contains("--max-per-address must not be negative"))
          .anyMatch(line -> line.contains("--idle-timeout: '5y' is not a duration"))
          .anyMatch(line -> line.contains("--lifetime must be 0 or at least 100 ms"))
          .anyMatch(line -> line.contains("--max-line: '64kb' is not a size"))
          .anyMatch(line -> line.contains("--max-frame must be less than 2GiB"))
          .anyMatch(line -> line.contains("--output-limit must be 0 or at least 65536"))
          .anyMatch(line -> line.contains("--memory-limit must be at most the largest heap"));
    }
  }

  @Test
  void moreConnectionsThanDescriptorsAreABadConfiguration() throws Exception {
    try (Program program = serve("--max-connections=2000000000")) {
      assertThat(program.exitCode()).isEqualTo(78);
      assertThat(program.remainingLines())
          .singleElement()
          .asString()
          .contains("--max-connections must be at most")
          .contains("raise the hard limit of descriptors");
    }
  }

  @Test
  void oneTooManyIsToldThatTheServerIsFull() throws Exception {
    try (Program program = serve("lines", "--max-connections", "2")) {
      int port = program.port();
      assertThat(program.limits()).contains("max_connections=2").contains("worst_case=640KiB");
      try (Socket first = connect(port);
          Socket second = connect(port);
          Socket third = connect(port)) {
        assertThat(rest(third)).isEqualTo("error: the server is full\n");
        assertThat(program.line())
            .startsWith("info connection.refused remote=/127.0.0.1:" + third.getLocalPort())
            .endsWith("reason=max_conns");
        send(first, "one\n");
        send(second, "two\n");
        assertThat(program.line() + program.line()).contains("one").contains("two");
      }
    }
  }

  @Test
  void clientThatIsIdleIsClosedAndTheLogSaysSo() throws Exception {
    try (Program program = serve("--idle-timeout", "300ms")) {
      try (Socket client = connect(program.port())) {
        assertThat(rest(client)).isEmpty();
        assertThat(program.line())
            .startsWith("info connection.closed remote=/127.0.0.1:" + client.getLocalPort())
            .endsWith("reason=idle");
      }
    }
  }

  @Test
  void whoeverOnlyListensToAChatIsNotAskedForALine() throws Exception {
    try (Program program = serve("chat", "--frame-timeout", "10s")) {
      int port = program.port();
      try (Socket listener = connect(port);
          Socket speaker = connect(port)) {
        Thread.sleep(11_000); // longer than a first line may take elsewhere
        send(speaker, "hello\n");
        assertThat(new String(listener.getInputStream().readNBytes(6), US_ASCII))
            .isEqualTo("hello\n");
      }
    }
  }

  @Test
  void lineMayBeAsLongAsItIsSaid() throws Exception {
    try (Program program = serve("lines", "--max-line", "128KiB")) {
      int port = program.port();
      try (Socket client = connect(port)) {
        send(client, "x".repeat(128 * 1024) + "\n");
        assertThat(program.line()).endsWith("x".repeat(1024));
        send(client, "x".repeat(128 * 1024 + 2));
        assertThat(rest(client)).isEqualTo("error: a frame is longer than its limit\n");
        assertThat(program.line()).endsWith("reason=frame_too_long");
      }
    }
  }

  @Test
  void limitThatIsOffIsWarnedAbout() throws Exception {
    try (Program program = serve("--idle-timeout", "0", "--memory-limit", "0")) {
      assertThat(program.line()).isEqualTo("warn limit.off option=--idle-timeout");
      assertThat(program.line()).isEqualTo("warn limit.off option=--memory-limit");
      int _ = program.port();
      assertThat(program.limits()).contains("memory_limit=none");
    }
  }
}
