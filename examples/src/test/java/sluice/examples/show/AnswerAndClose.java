package sluice.examples.show;

import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/// The handler answers and closes while its client is still sending.
final class AnswerAndClose implements ShowServer.Figure {
  private static final int CLIENTS = 1_000;

  private final byte[] expected = ServerProcess.answer();
  private final AtomicLong sent = new AtomicLong();

  @Override
  public void show(String backend, Report report) throws Exception {
    try (Child server = Child.server(backend, 1, "answer")) {
      sent.set(0);
      int complete = 0;
      String firstProblem = "";
      long start = System.nanoTime();
      for (int i = 0; i < CLIENTS; i++) {
        String problem = problem(server);
        if (problem.isEmpty()) {
          complete++;
        } else if (firstProblem.isEmpty()) {
          firstProblem = "; the first that did not: " + problem;
        }
      }
      report.say(
          "%,d of %,d clients got all of 1 MiB, then the end of the stream, in %.1f s%s"
              .formatted(complete, CLIENTS, (System.nanoTime() - start) / 1e9, firstProblem));
      report.say(
          "each went on sending until that, %,d KiB on average"
              .formatted(sent.get() / CLIENTS / 1024));
      report.claim(complete == CLIENTS, "the last answer arrives");
    }
  }

  /// Returns what was wrong with one client's answer, or an empty text.
  private String problem(Child server) throws Exception {
    Socket client = server.connect();
    Thread sender = Thread.ofPlatform().start(() -> sendUntilClosed(client));
    try (client) {
      byte[] answer = client.getInputStream().readNBytes(expected.length + 1);
      return Arrays.equals(answer, expected) ? "" : "other than 1 MiB: " + answer.length + " bytes";
    } catch (IOException e) {
      return e.toString();
    } finally {
      sender.join();
    }
  }

  private void sendUntilClosed(Socket client) {
    byte[] piece = new byte[8 * 1024];
    try {
      while (true) {
        client.getOutputStream().write(piece);
        sent.addAndGet(piece.length);
      }
    } catch (IOException _) {
      // closed, by the server or by the one who reads
    }
  }
}
