package sluice.examples;

import sluice.server.Connection;
import sluice.server.Server;

/// A server that sends back what it gets. A client that does not read is not read from either.
final class Echo {
  public static void main(String[] args) throws Exception {
    String[] at = args.length == 2 ? args : new String[] {"127.0.0.1", "8000"};
    try (var server =
        Server.builder()
            .listen(at[0], Integer.parseInt(at[1]))
            .handler(Connection::write)
            .start()) {
      System.out.println("listening on " + server.addresses().getFirst());
      server.join();
    }
  }
}
