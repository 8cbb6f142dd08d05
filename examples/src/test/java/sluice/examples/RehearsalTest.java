package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import sluice.server.Frames;
import sluice.testkit.simulation.Rehearsal;

/// Handlers of one's own on the simulated network.
class RehearsalTest {
  private static final int HISTORIES = 500;

  @Test
  void storeAnswersHoweverItsClientsBehave() {
    Rehearsal.of(() -> Frames.lines(1_000, new LineProtocol(new ConcurrentHashMap<>())))
        .client("GET a\nDEL b\n", "NONE\nNONE\n")
        .client("PUT c 1\n", "ERROR expected GET key, SET key value, DEL key or QUIT\n")
        .run(1_000);
  }

  @Test
  void webServerAnswersHoweverItsClientsBehave() {
    String answer =
        String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "Content-Type: text/plain",
            "Content-Length: 14",
            "Connection: keep-alive",
            "",
            "Hello, world!\n");
    Rehearsal web = Rehearsal.perConnection(Http::new);
    web.client("GET / HTTP/1.1\r\nHost: a\r\n\r\n", answer);
    web.run(HISTORIES);
    assertThat(web.faults().get("partial_read")).isPositive();
  }
}
