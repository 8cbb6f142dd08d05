package sluice.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The same clients against the classic server in Python and in Java: `process` gets the same
/// bytes.
class SelectServerTest {
  private static final int MESSAGE_BYTES = 10_000;
  private static final int CLIENTS = 5;

  @Test
  void pythonAndJavaProcessTheSameBytes() throws Exception {
    int javaPort = freePort();
    Map<Integer, String> java =
        converse(Programs.java(SelectServer.class, Integer.toString(javaPort)), javaPort);
    assertThat(java).hasSize(CLIENTS);
    assertThat(java.get(0)).hasSize(MESSAGE_BYTES);
    System.out.println("SelectServer.java: bytes per client " + sizes(java));

    int pythonPort = freePort();
    Process python;
    try {
      python =
          new ProcessBuilder(
                  "python3",
                  System.getProperty("sluice.root") + "/examples/src/main/python/select_server.py",
                  Integer.toString(pythonPort))
              .redirectErrorStream(true)
              .start();
    } catch (IOException _) {
      if ("1".equals(System.getenv("SLUICE_REQUIRE_ALL"))) {
        throw new AssertionError("python3 is missing (Debian: apt install python3)");
      }
      System.out.println("skipped: python3 is missing");
      abort("python3 is missing");
      return;
    }
    Map<Integer, String> reference = converse(python, pythonPort);
    System.out.println("select_server.py:  bytes per client " + sizes(reference));
    assertThat(java).isEqualTo(reference);
  }

  private static List<Integer> sizes(Map<Integer, String> received) {
    return received.values().stream().map(String::length).toList();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// Talks to a server and returns what `process` printed, by number of client.
  private static Map<Integer, String> converse(Process server, int port) throws Exception {
    LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
    Thread reader =
        Thread.ofVirtual()
            .start(() -> {
              try (BufferedReader in = Programs.reader(server)) {
                in.lines().forEach(lines::add);
              } catch (IOException | UncheckedIOException _) {
                // the server was ended
              }
            });
    try {
      Map<Integer, Integer> numberOfPort = new TreeMap<>();
      List<Socket> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) { // all open at once
        clients.add(connect(port));
        numberOfPort.put(clients.get(i).getLocalPort(), i);
      }
      StringBuilder expected = new StringBuilder();
      for (int i = 0; i < MESSAGE_BYTES; i++) {
        expected.append((char) ('a' + i * 7 % 26));
      }
      send(clients.get(0), expected.substring(0, 4_321));
      send(clients.get(1), "hello from one");
      send(clients.get(2), "hello from two");
      send(clients.get(0), expected.substring(4_321));
      send(clients.get(3), "one that resets");

      Map<Integer, String> received = new TreeMap<>();
      int want = MESSAGE_BYTES + 14 + 14 + 15;
      int have = collect(lines, numberOfPort, received, 0, want);
      clients.get(3).setSoLinger(true, 0);
      clients.get(3).close(); // a reset
      clients.get(1).close(); // an end of stream
      send(clients.get(2), " and again");
      send(clients.get(4), "the server survived");
      collect(lines, numberOfPort, received, have, want + 10 + 19);
      assertThat(received.get(0)).isEqualTo(expected.toString());
      for (Socket client : clients) {
        client.close();
      }
      return received;
    } finally {
      server.destroy();
      server.waitFor();
      reader.join();
    }
  }

  private static int collect(
      LinkedBlockingQueue<String> lines,
      Map<Integer, Integer> numberOfPort,
      Map<Integer, String> received,
      int have,
      int want)
      throws InterruptedException {
    while (have < want) {
      String line = lines.poll(20, TimeUnit.SECONDS);
      assertThat(line).as("%d of %d bytes processed", have, want).isNotNull();
      int space = line.indexOf(' ');
      int client =
          numberOfPort.get(
              Integer.parseInt(line.substring(line.lastIndexOf(':', space) + 1, space)));
      received.merge(client, line.substring(space + 1), String::concat);
      have += line.length() - space - 1;
    }
    return have;
  }

  private static Socket connect(int port) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      try {
        return new Socket(InetAddress.getLoopbackAddress(), port);
      } catch (IOException e) { // it is still starting
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  private static void send(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }
}
