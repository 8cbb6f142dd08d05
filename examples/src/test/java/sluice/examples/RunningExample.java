package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A server among the examples, run as a program of its own on a free port, and clients of it. Text
/// stands for bytes in Latin-1.
final class RunningExample implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Process process;
  private final BufferedReader output;
  final int port;

  /// @param more arguments after the host and the port
  RunningExample(Class<?> example, String... more) throws IOException {
    String[] arguments =
        Stream.concat(Stream.of("127.0.0.1", "0"), Stream.of(more)).toArray(String[]::new);
    process = Programs.java(example, arguments);
    output = Programs.reader(process);
    String line = output.readLine();
    assertThat(line).matches("listening on /127\\.0\\.0\\.1:\\d+");
    port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
  }

  Socket connect() throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
    client.setSoTimeout(TIMEOUT_MILLIS);
    client.setTcpNoDelay(true);
    return client;
  }

  static void send(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /// Reads as many bytes as `expected` has, which must be those.
  static void expect(Socket client, String expected) throws IOException {
    byte[] read = client.getInputStream().readNBytes(expected.length());
    assertThat(new String(read, StandardCharsets.ISO_8859_1)).isEqualTo(expected);
  }

  /// Reads to the end of the stream. The client may still send.
  static String rest(Socket client) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    client.getInputStream().transferTo(all);
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  /// Sends `text`, then the end of the stream, and returns all that comes back.
  String answers(String text) throws IOException {
    try (Socket client = connect()) {
      send(client, text);
      client.shutdownOutput();
      return rest(client);
    }
  }

  /// Sends `text` and returns all that comes until the server closes.
  String answersUntilClosed(String text) throws IOException {
    try (Socket client = connect()) {
      send(client, text);
      return rest(client);
    }
  }

  /// Sends `text` in two pieces, once for every place where it can be cut, and byte by byte; the
  /// answers must be those.
  void expectHoweverItIsCut(String text, String expected) throws IOException {
    List<Socket> clients = new ArrayList<>();
    try {
      for (int cut = 1; cut < text.length(); cut++) {
        clients.add(connect());
        send(clients.getLast(), text.substring(0, cut));
      }
      for (int cut = 1; cut < text.length(); cut++) { // the first pieces have long arrived
        send(clients.get(cut - 1), text.substring(cut));
      }
      for (Socket client : clients) {
        expect(client, expected);
      }
      try (Socket client = connect()) {
        for (int i = 0; i < text.length(); i++) {
          send(client, text.substring(i, i + 1));
        }
        expect(client, expected);
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }

  /// Sends `text` over and over without reading until nothing is taken any more, but at most
  /// `times`; then reads as many answers.
  void expectAllAfterSilence(String text, String answer, int times) throws Exception {
    try (Socket client = connect()) {
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (int i = 0; i < times; i++) {
                    send(client, text);
                  }
                  client.shutdownOutput();
                } catch (IOException _) {
                  // the reader says what is missing
                }
              });
      boolean stuck = !sender.join(Duration.ofMillis(500));
      assertThat(stuck).as("the server has stopped reading").isTrue();
      for (int i = 0; i < times; i++) {
        expect(client, answer);
      }
      assertThat(rest(client)).isEmpty();
      sender.join();
    }
  }

  /// Runs a tool and returns what it says; skips the test if it is missing.
  static String tool(String debianPackage, List<String> command) throws Exception {
    Process tool;
    try {
      tool = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException _) {
      String missing =
          command.getFirst() + " is missing (Debian: apt install " + debianPackage + ")";
      if ("1".equals(System.getenv("SLUICE_REQUIRE_ALL"))) {
        throw new AssertionError(missing);
      }
      System.out.println("skipped: " + missing);
      return abort(missing);
    }
    tool.getOutputStream().close();
    return String.join("\n", Programs.output(tool));
  }

  /// Ends the server, which must have had nothing to complain about but what clients did.
  @Override
  public void close() {
    process.toHandle().destroy(); // unlike destroy(), it leaves the output open
    process.onExit().orTimeout(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS).join();
    assertThat(output.lines())
        .allMatch(line -> line.endsWith("logClosed") || line.endsWith("reason=frame_too_long"));
  }
}
