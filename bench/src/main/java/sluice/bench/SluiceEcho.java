package sluice.bench;

import java.net.InetSocketAddress;
import sluice.Backend;
import sluice.server.Connection;
import sluice.server.Server;

/// Sluice, on the backend named by the argument.
final class SluiceEcho {
  private SluiceEcho() {}

  public static void main(String[] args) throws Exception {
    Server server =
        Server.builder()
            .backend(Backend.of(args[0]))
            .listen("127.0.0.1", 0)
            .handler(Connection::write)
            .start();
    System.out.println(((InetSocketAddress) server.addresses().getFirst()).getPort());
    server.join();
  }
}
