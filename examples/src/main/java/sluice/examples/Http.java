package sluice.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1; // any bytes, unchanged

import java.nio.ByteBuffer;
import sluice.server.*;

/// A small HTTP server: `GET` gets a greeting, `POST` and `PUT` get back what they send. A handler
/// serves one client.
final class Http implements ConnectionHandler {
  private static final String GREETING = "Hello, world!\n";

  private final Input input = new Input();
  private final HttpReader requests = new HttpReader(input);
  private StringBuilder answers = new StringBuilder();

  /// Answers the requests that have come with one write. If the client takes its answers slowly,
  /// the server stops reading; an answer is not much longer than its request.
  @Override
  public void onData(Connection client, ByteBuffer data) {
    input.add(data);
    try {
      boolean open = true;
      while (open) {
        HttpReader.Request request = requests.next();
        if (request == null) {
          break;
        }
        answer(request);
        open = request.keepAlive();
      }
      if (requests.mayContinue()) {
        answers.append("HTTP/1.1 100 Continue\r\n\r\n");
      }
      send(client, open);
    } catch (HttpReader.Refused e) {
      head(e.status, 0, false);
      send(client, false);
    }
  }

  private void send(Connection client, boolean open) {
    client.write(ByteBuffer.wrap(answers.toString().getBytes(ISO_8859_1)));
    answers = new StringBuilder();
    if (!open) {
      client.close();
    }
  }

  private void answer(HttpReader.Request request) {
    boolean open = request.keepAlive();
    switch (request.method()) {
      case "GET" -> head("200 OK", GREETING.length(), open).append(GREETING);
      case "HEAD" -> head("200 OK", GREETING.length(), open);
      case "POST", "PUT" -> head("200 OK", request.body().length(), open).append(request.body());
      default -> head("501 Not Implemented", 0, open);
    }
  }

  private StringBuilder head(String status, int length, boolean open) {
    return answers
        .append("HTTP/1.1 ")
        .append(status)
        .append("\r\nContent-Type: text/plain\r\nContent-Length: ")
        .append(length)
        .append(open ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
  }

  public static void main(String[] args) throws Exception {
    String[] at = args.length == 2 ? args : new String[] {"127.0.0.1", "8000"};
    try (var server =
        Server.builder()
            .listen(at[0], Integer.parseInt(at[1]))
            .handlerPerConnection(Http::new)
            .start()) {
      System.out.println("listening on " + server.addresses().getFirst());
      server.join();
    }
  }
}
