package sluice.examples.show;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Many connections over two loops: how many each has, and that they stay where they are.
final class Spread implements ShowServer.Figure {
  private static final int CLIENTS = 5_000;
  private static final int GUESTS = 1_000;
  private static final double MOST_RATIO = 1.2;

  @Override
  public void show(String backend, Report report) throws Exception {
    long descriptors =
        ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
            .getMaxFileDescriptorCount();
    if (descriptors < CLIENTS + GUESTS + 100) {
      report.fail("ulimit -n is " + descriptors + ", too low for this figure");
      return;
    }
    List<Socket> clients = new ArrayList<>();
    try (Child server = Child.server(backend, 2, "loop")) {
      List<Integer> loops = connect(server, CLIENTS, clients);
      List<Integer> before = server.clientsPerLoop(CLIENTS);
      double ratio = (double) Collections.max(before) / Collections.min(before);
      report.say("%,d clients, by loop: %s; max/min %.3f".formatted(CLIENTS, before, ratio));
      report.claim(ratio <= MOST_RATIO, "max/min is at most " + MOST_RATIO);

      List<Socket> guests = new ArrayList<>();
      connect(server, GUESTS, guests);
      close(guests);
      List<Integer> after = server.clientsPerLoop(CLIENTS);
      int moved = 0;
      for (int i = 0; i < CLIENTS; i++) {
        moved += loop(clients.get(i)) == loops.get(i) ? 0 : 1;
      }
      report.say("after %,d more came and went: %s; moved: %d".formatted(GUESTS, after, moved));
      report.claim(moved == 0 && after.equals(before), "each stays on its loop");
    } finally {
      close(clients);
    }
  }

  /// Returns the loop of each.
  private static List<Integer> connect(Child server, int count, List<Socket> clients)
      throws IOException {
    List<Integer> loops = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      clients.add(server.connect());
      loops.add(loop(clients.getLast()));
    }
    return loops;
  }

  private static int loop(Socket client) throws IOException {
    client.getOutputStream().write('?');
    return client.getInputStream().read();
  }

  private static void close(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
