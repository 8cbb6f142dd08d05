package sluice.examples;

/* The ten-line server of the README: each client sees what every client sends. */
import sluice.server.Server;

final class TenLines {
  void main() throws Exception {
    try (var server =
        Server.builder()
            .listen("localhost", 8000)
            .handler((connection, data) -> connection.server().broadcast(data))
            .start()) {
      server.join();
    }
  }
}
