package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the server costs, in units that a noisy machine does not change: bytes, system calls, and
/// the part of its processor time that is its own. Each limit is a ratchet a little above what was
/// measured; time is the business of `bench/`.
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CostIT {
  private static final int IDLE = 5_000;
  private static final int MESSAGES = 2_000;

  @TempDir Path folder;

  /// Starts the server's class itself, in a Java whose figures can be compared.
  private static Program serve(List<String> before, String backend) throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            java("java"),
            "-XX:+UseSerialGC",
            "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            "sluice.program.Main",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--backend",
            backend));
    return Program.run(new ProcessBuilder(command));
  }

  private static String java(String tool) {
    return Path.of(System.getProperty("java.home"), "bin", tool).toString();
  }

  private static SocketChannel connect(int port) throws IOException {
    return SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  private static void close(List<SocketChannel> clients) throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
  }

  /// Sends a message on each connection and waits for all of them to come back, so often.
  private static void echo(List<SocketChannel> clients, int times) throws IOException {
    ByteBuffer message = ByteBuffer.wrap("sluice".getBytes(StandardCharsets.US_ASCII));
    ByteBuffer answer = ByteBuffer.allocate(message.capacity());
    for (int i = 0; i < times; i++) {
      for (SocketChannel client : clients) {
        client.write(message.rewind());
      }
      for (SocketChannel client : clients) {
        answer.clear();
        while (answer.hasRemaining()) {
          assertThat(client.read(answer)).isPositive();
        }
        assertThat(answer.flip()).isEqualTo(message.rewind());
      }
    }
  }

  /// Bytes of live objects, after a full collection.
  private static long liveHeap(Program program) throws Exception {
    Process histogram =
        new ProcessBuilder(java("jcmd"), Long.toString(program.pid()), "GC.class_histogram")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String text = new String(histogram.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Matcher total = Pattern.compile("(?m)^Total +\\d+ +(\\d+)$").matcher(text);
    assertThat(total.find()).as(text).isTrue();
    return Long.parseLong(total.group(1));
  }

  @ParameterizedTest
  @CsvSource({"io_uring, 420", "epoll, 480", "nio, 1050"})
  void anIdleConnectionIsSmall(String backend, int bytesMax) throws Exception {
    Program.requireBackend(backend);
    List<SocketChannel> clients = new ArrayList<>();
    try (Program program = serve(List.of(), backend)) {
      int port = program.port();
      try (SocketChannel first = connect(port)) {
        echo(List.of(first), 1);
      }
      long before = liveHeap(program);
      for (int i = 0; i < IDLE; i++) {
        SocketChannel client = connect(port);
        clients.add(client);
        echo(List.of(client), 1);
      }
      long each = (liveHeap(program) - before) / IDLE;
      System.out.println(backend + ": " + each + " bytes of heap for an idle connection");
      assertThat(each).isBetween(1L, (long) bytesMax);
    } finally {
      close(clients);
    }
  }

  /// On one connection no two messages share a call: on a ring one tells of the message, and one
  /// that its answer was sent. On many they do.
  @ParameterizedTest
  @CsvSource({
    "io_uring, 1, 2.05",
    "epoll, 1, 3.05",
    "nio, 1, 3.05",
    "io_uring, 50, 0.5",
    "epoll, 50, 2.5",
    "nio, 50, 2.5"
  })
  void aMessageTakesFewSystemCalls(String backend, int connections, double callsMax)
      throws Exception {
    Program.requireBackend(backend);
    Program.require("strace", "strace");
    Path log = folder.resolve("calls");
    List<String> strace =
        List.of("strace", "-f", "-qq", "-e", "trace=desc,network", "-o", log.toString());
    List<SocketChannel> clients = new ArrayList<>();
    try (Program program = serve(strace, backend)) {
      int port = program.port();
      for (int i = 0; i < connections; i++) {
        clients.add(connect(port));
      }
      echo(clients, MESSAGES / connections);
      long before = calls(log);
      echo(clients, MESSAGES / connections);
      double each = (calls(log) - before) / (double) MESSAGES;
      System.out.printf(
          "%s: %.2f system calls for a message on %d connections%n", backend, each, connections);
      assertThat(each).isBetween(1.0 / MESSAGES, callsMax);
    } finally {
      close(clients);
    }
  }

  /// Counts the calls that have ended and have to do with sockets; other threads read class files.
  private static long calls(Path log) throws IOException {
    Pattern call =
        Pattern.compile(
            "(io_uring_enter|epoll_p?wait2?|epoll_ctl|recvfrom|sendto|readv?|writev?|poll)"
                + "(\\(| resumed>).* = -?\\d+.*");
    String loop = null;
    long count = 0;
    for (String line : Files.readAllLines(log)) {
      String[] words = line.split(" +", 2);
      if (words[1].startsWith("accept") || words[1].startsWith("io_uring_enter")) {
        loop = words[0];
      }
      if (words[0].equals(loop) && call.matcher(words[1].replace("<... ", "")).matches()) {
        count++;
      }
    }
    return count;
  }

  @ParameterizedTest
  @CsvSource({"io_uring, 0.15", "epoll, 0.15", "nio, 0.2"})
  void mostOfItsTimeIsTheKernels(String backend, double shareMax) throws Exception {
    Program.requireBackend(backend);
    try (Program program = serve(List.of(), backend)) {
      String address = "127.0.0.1:" + program.port();
      load(address, "3s"); // until its code is compiled
      long[] before = program.loopTicks();
      load(address, "3s");
      long[] after = program.loopTicks();
      double user = after[0] - before[0];
      double share = user / (user + after[1] - before[1]);
      System.out.printf("%s: %.3f of its loop's processor time is its own%n", backend, share);
      assertThat(share).isBetween(0.0, shareMax);
    }
  }

  private static void load(String address, String duration) throws Exception {
    try (Program load = Program.start("bench", address, "--duration", duration)) {
      assertThat(load.exitCode()).isZero();
    }
  }
}
