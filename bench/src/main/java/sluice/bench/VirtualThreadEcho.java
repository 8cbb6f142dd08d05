package sluice.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/// A virtual thread for each connection, and sockets that block.
final class VirtualThreadEcho {
  private static final int BACKLOG = 1024;

  private VirtualThreadEcho() {}

  public static void main(String[] args) throws IOException {
    try (ServerSocket listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress())) {
      System.out.println(listener.getLocalPort());
      while (true) {
        Socket client = listener.accept();
        var _ = Thread.startVirtualThread(() -> echo(client));
      }
    }
  }

  private static void echo(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      var _ = client.getInputStream().transferTo(client.getOutputStream());
    } catch (IOException _) {
      // it is gone
    }
  }
}
