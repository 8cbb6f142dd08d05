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
import org.junit.jupiter.params.provider.ValueSource;

class HttpTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String HELLO = answer("200 OK", true, "Hello, world!\n");

  private static RunningExample http;

  @BeforeAll
  static void start() throws Exception {
    http = new RunningExample(Http.class);
  }

  @AfterAll
  static void stop() {
    http.close();
  }

  private static String answer(String status, boolean open, String body) {
    return head(status, open, body.length()) + body;
  }

  private static String head(String status, boolean open, int length) {
    return "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n"
        .formatted(status, length, open ? "keep-alive" : "close");
  }

  private static String post(String body) {
    return "POST /x HTTP/1.1\r\nhost:a\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  @Test
  void requestsAreAnsweredInOrder() throws Exception {
    String all =
        GET
            + "\r\nHEAD / HTTP/1.1\r\nHost:\r\n\r\n"
            + post("\0\377\r\n\r\n")
            + post("")
            + "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
            + "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"
            + GET;
    assertThat(http.answers(all))
        .isEqualTo(
            HELLO
                + head("200 OK", true, 14)
                + answer("200 OK", true, "\0\377\r\n\r\n")
                + answer("200 OK", true, "")
                + HELLO
                + answer("501 Not Implemented", true, "")
                + HELLO);
  }

  @Test
  void cutsDoNotMatter() throws Exception {
    http.expectHoweverItIsCut(
        post("a\r\n\r\nb") + GET, answer("200 OK", true, "a\r\n\r\nb") + HELLO);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1|Host: a|Connection: close",
        "HTTP/1.1|Host: a|Connection: x , CLOSE",
        "HTTP/1.0",
        "HTTP/1.0|Connection: keep-alive, close"
      })
  void connectionEndsWhenTheClientWantsThat(String request) throws Exception {
    String text = "GET / " + request.replace("|", "\r\n") + "\r\n\r\n";
    assertThat(http.answersUntilClosed(text + GET))
        .isEqualTo(answer("200 OK", false, "Hello, world!\n"));
  }

  @Test
  void oldClientMayKeepTheConnection() throws Exception {
    assertThat(http.answers("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + GET))
        .isEqualTo(HELLO + HELLO);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "400 Bad Request; GET /|",
        "400 Bad Request; GET / HTTP/1.1|",
        "400 Bad Request; GET  / HTTP/1.1|Host: a|",
        "400 Bad Request; GET / HTTP/2.0|Host: a|",
        "400 Bad Request; GET / HTTP/1.1|Host: a|Host: a|",
        "400 Bad Request; GET / HTTP/1.1|Host : a|",
        "400 Bad Request; GET / HTTP/1.1|Host: a| folded: b|",
        "400 Bad Request; GET / HTTP/1.1|Host: a|no colon|",
        "400 Bad Request; GET / HTTP/1.1|Host: a\u0000|",
        "400 Bad Request; GET / HTTP/1.1~Host: a~~",
        "400 Bad Request; GET / HTTP/1.1|Host: a^X: b|",
        "400 Bad Request; GET / HTTP/1.1|Host: a|Content-Length: 1|Content-Length: 2|",
        "400 Bad Request; GET / HTTP/1.1|Host: a|Content-Length: 1, 1|",
        "400 Bad Request; GET / HTTP/1.1|Host: a|Content-Length: +1|",
        "400 Bad Request; GET / HTTP/1.1|Host: a|Content-Length: -1|",
        "400 Bad Request; GET / HTTP/1.1|Host: a|Content-Length:|",
        "400 Bad Request; GET / HTTP/1.1|Host: a|Content-Length: 1|Transfer-Encoding: chunked|",
        "501 Not Implemented; POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked|",
        "501 Not Implemented; POST / HTTP/1.0|Transfer-Encoding: identity|",
        "413 Content Too Large; POST / HTTP/1.1|Host: a|Content-Length: 1048577|",
        "413 Content Too Large; POST / HTTP/1.1|Host: a|Content-Length: 99999999999999999999|",
      })
  void whatIsWrongIsRefusedAndEndsTheConnection(String status, String request) throws Exception {
    String text = request.replace("|", "\r\n").replace('~', '\n').replace('^', '\r') + "\r\n";
    assertThat(http.answersUntilClosed(GET + text + GET))
        .isEqualTo(HELLO + answer(status, false, ""));
  }

  @Test
  void headHasALimit() throws Exception {
    String refusal = answer("431 Request Header Fields Too Large", false, "");
    String start = "GET / HTTP/1.1\r\nHost: a\r\n";
    assertThat(http.answersUntilClosed(start + "x".repeat(8192))).isEqualTo(refusal);
    assertThat(http.answersUntilClosed(start + "x:\r\n".repeat(2100))).isEqualTo(refusal);
    assertThat(http.answersUntilClosed("\r\n".repeat(4100))).isEqualTo(refusal);
  }

  @Test
  void largestBodyComesBack() throws Exception {
    String body = "0123456789abcdef".repeat(65_536);
    assertThat(http.answers(post(body) + GET)).isEqualTo(answer("200 OK", true, body) + HELLO);
  }

  @Test
  void clientThatAsksIsToldToContinue() throws Exception {
    try (Socket client = http.connect()) {
      RunningExample.send(
          client, "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
      RunningExample.expect(client, "HTTP/1.1 100 Continue\r\n\r\n");
      RunningExample.send(client, "h");
      RunningExample.send(client, "i");
      RunningExample.expect(client, answer("200 OK", true, "hi"));
    }
  }

  @Test
  void oneThatDoesNotReadGetsEverythingLater() throws Exception {
    http.expectAllAfterSilence(GET.repeat(500), HELLO.repeat(500), 1_500);
  }

  @Test
  void curlUnderstands() throws Exception {
    String url = "http://127.0.0.1:" + http.port + "/";
    assertThat(curl(url, url)).isEqualTo("Hello, world!\nHello, world!");
    assertThat(curl("-d", "some text", url)).isEqualTo("some text");
    assertThat(curl("-I", "-0", url)).startsWith("HTTP/1.1 200 OK").contains("Connection: close");
    assertThat(
            curl(
                "-d",
                "x",
                "-H",
                "Transfer-Encoding: chunked",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                url))
        .isEqualTo("501");
  }

  private static String curl(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("curl", "-s", "-S", "-m", "20"));
    command.addAll(List.of(arguments));
    return RunningExample.tool("curl", command);
  }

  @Test
  void wrkFindsNoError() throws Exception {
    String url = "http://127.0.0.1:" + http.port + "/";
    assertThat(RunningExample.tool("wrk", List.of("wrk", "-c", "20", "-t", "1", "-d", "1s", url)))
        .contains("requests in")
        .doesNotContain("Socket errors", "Non-2xx");
  }
}
