package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RespTest {
  private static RunningExample resp;

  @BeforeAll
  static void start() throws Exception {
    resp = new RunningExample(Resp.class);
  }

  @AfterAll
  static void stop() {
    resp.close();
  }

  private static String command(String... arguments) {
    StringBuilder command = new StringBuilder("*" + arguments.length + "\r\n");
    for (String argument : arguments) {
      command.append("$" + argument.length() + "\r\n" + argument + "\r\n");
    }
    return command.toString();
  }

  @Test
  void commandsAreAnsweredInOrder() throws Exception {
    String script =
        command("PING")
            + command("ping", "a\r\nb")
            + command("ECHO", "\0\377")
            + command("SET", "k", "")
            + command("GET", "k")
            + command("GET", "none")
            + command("INCR", "n")
            + command("INCR", "n")
            + command("INCR", "k")
            + command("SET", "n", "9223372036854775807")
            + command("INCR", "n")
            + command("GET")
            + "*0\r\n\r\nPING\nset  in line\r\nGET in\r\n";
    String outOfRange = "-ERR value is not an integer or out of range\r\n";
    String answers =
        "+PONG\r\n$4\r\na\r\nb\r\n$2\r\n\0\377\r\n+OK\r\n$0\r\n\r\n$-1\r\n:1\r\n:2\r\n"
            + outOfRange
            + "+OK\r\n"
            + outOfRange
            + "-ERR unknown command or wrong number of arguments\r\n"
            + "+PONG\r\n+OK\r\n$4\r\nline\r\n";
    assertThat(resp.answers(script)).isEqualTo(answers);
  }

  @Test
  void cutsDoNotMatter() throws Exception {
    resp.expectHoweverItIsCut(
        command("SET", "cut", "a\r\nb") + command("GET", "cut") + "PING\r\n",
        "+OK\r\n$4\r\na\r\nb\r\n+PONG\r\n");
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          *1025,          a length is more than 1024
          *-1,            a length is not a number
          *,              a length is more than 1024
          *99999999999,   a length is more than 1024
          *1|$1048577,    a length is more than 1048576
          *2|$1048576|,   -
          *1|$-1,         a length is not a number
          *1|+OK,         expected '$'
          *1|$1|abc,      an argument is longer than announced
          *2|$700000|X|$400000, a length is more than 348576
          """)
  void whatIsMalformedIsRefusedAndEndsTheConnection(String sent, String problem) throws Exception {
    String text = sent.replace("|", "\r\n").replace("X", "x".repeat(700_000)) + "\r\n";
    if (problem.equals("-")) {
      assertThat(resp.answers(text)).isEmpty(); // announced, not sent
      return;
    }
    assertThat(resp.answersUntilClosed("PING\r\n" + text + "PING\r\n"))
        .isEqualTo("+PONG\r\n-ERR Protocol error: " + problem + "\r\n");
  }

  @Test
  void lineHasALimit() throws Exception {
    String refusal = "-ERR Protocol error: a line has more than 4096 bytes\r\n";
    assertThat(resp.answersUntilClosed("x".repeat(4097))).isEqualTo(refusal);
    assertThat(resp.answersUntilClosed("x".repeat(5000) + "\n")).isEqualTo(refusal);
  }

  @Test
  void quitIsTheLastAnswer() throws Exception {
    assertThat(resp.answersUntilClosed("PING\r\nQUIT\r\nPING\r\n")).isEqualTo("+PONG\r\n+OK\r\n");
  }

  @Test
  void largestArgumentComesBack() throws Exception {
    String large = "0123456789abcdef".repeat(65_530);
    assertThat(resp.answers(command("SET", "large", large) + command("GET", "large")))
        .isEqualTo("+OK\r\n$" + large.length() + "\r\n" + large + "\r\n");
  }

  @Test
  void shortCommandsWithLongAnswersAreAnsweredAsFastAsTheyAreRead() throws Exception {
    String value = "v".repeat(1_000_000);
    assertThat(resp.answers(command("SET", "v", value))).isEqualTo("+OK\r\n");
    int count = 300; // all in one receive: the answers would be 300 MB
    try (Socket client = resp.connect()) {
      RunningExample.send(client, "GET v\r\n".repeat(count) + "QUIT\r\n");
      assertThat(resp.answers("PING\r\n")).isEqualTo("+PONG\r\n"); // the others do not wait
      for (int i = 0; i < count; i++) {
        RunningExample.expect(client, "$1000000\r\n" + value + "\r\n");
      }
      assertThat(RunningExample.rest(client)).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void oneThatDoesNotReadGetsEverythingLater() throws Exception {
    String batch = command("PING").repeat(1_000);
    resp.expectAllAfterSilence(batch, "+PONG\r\n".repeat(1_000), 3_000);
  }

  @Test
  void redisCliUnderstands() throws Exception {
    String port = Integer.toString(resp.port);
    assertThat(cli(port, "SET", "cli", "text")).isEqualTo("OK");
    assertThat(cli(port, "GET", "cli")).isEqualTo("text");
    assertThat(cli(port, "INCR", "cli-n")).isEqualTo("1");
    assertThat(cli(port, "NONE")).startsWith("ERR unknown command");
  }

  private static String cli(String port, String... command) throws Exception {
    List<String> all = new ArrayList<>(List.of("redis-cli", "-p", port));
    all.addAll(List.of(command));
    return RunningExample.tool("redis-tools", all).strip();
  }

  @Test
  void redisBenchmarkRuns() throws Exception {
    String port = Integer.toString(resp.port);
    String command = "redis-benchmark -t ping,set,get,incr -c 10 -P 16 -n 20000 --csv -p " + port;
    String output = RunningExample.tool("redis-tools", List.of(command.split(" ")));
    assertThat(output).contains("PING_INLINE", "SET", "GET", "INCR");
    assertThat(output).doesNotContainIgnoringCase("error").doesNotContainIgnoringCase("warning");
  }
}
