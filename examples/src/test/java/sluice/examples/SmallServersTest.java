package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import org.junit.jupiter.api.Test;

/// The servers of at most 40 lines.
class SmallServersTest {
  @Test
  void echoGivesEverythingBackToOneThatReadsLate() throws Exception {
    String piece = "0123456789abcdef".repeat(4096);
    try (RunningExample echo = new RunningExample(Echo.class)) {
      assertThat(echo.answers("hi")).isEqualTo("hi");
      echo.expectAllAfterSilence(piece, piece, 500);
    }
  }

  @Test
  void chatTellsTheOthers() throws Exception {
    try (RunningExample chat = new RunningExample(Chat.class);
        Socket first = chat.connect();
        Socket second = chat.connect()) {
      String one = "/127.0.0.1:" + first.getLocalPort();
      String two = "/127.0.0.1:" + second.getLocalPort();
      RunningExample.expect(first, two + " has come\n");
      RunningExample.send(first, "hello\r\n\33[2J\n");
      RunningExample.expect(second, one + " says: hello\n" + one + " says: ?[2J\n");
      RunningExample.send(second, "unfinished");
      second.shutdownOutput();
      RunningExample.expect(first, two + " says: unfinished\n" + two + " has left (ok)\n");
    }
  }

  @Test
  void linesAreAnswered() throws Exception {
    String script =
        "GET a\nSET a b c\r\nGET a\nSET a \377\nGET a\nDEL a\nDEL a\nSET e \nGET e\nGET a\n";
    String answers = "NONE\nNEW\nVALUE b c\nOLD\nVALUE \377\nGONE\nNONE\nNEW\nVALUE \nNONE\n";
    String usage = "ERROR expected GET key, SET key value, DEL key or QUIT\n";
    try (RunningExample lines = new RunningExample(LineProtocol.class)) {
      assertThat(lines.answers(script)).isEqualTo(answers);
      assertThat(lines.answers("DEL e\n")).isEqualTo("GONE\n");
      assertThat(lines.answers("\nGET\nget a\nGET a b\nSET a\n QUIT\n")).isEqualTo(usage.repeat(6));
      assertThat(lines.answersUntilClosed("GET a\nQUIT\nGET a\n")).isEqualTo("NONE\n");
      assertThat(lines.answersUntilClosed("GET a\nSET a " + "x".repeat(1_000)))
          .isEqualTo("NONE\nERROR a frame is longer than its limit\n");
      lines.expectHoweverItIsCut("GET x\r\nSET\nDEL x\n", "NONE\n" + usage + "NONE\n");
      lines.expectAllAfterSilence("GET a\n".repeat(1_000), "NONE\n".repeat(1_000), 5_000);
    }
  }
}
