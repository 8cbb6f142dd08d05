package sluice.examples;

import sluice.server.Server;

/// The ten-line server of the README: each client sees what every client sends.
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
