package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A server and clients in networks of their own, and a cable between them that comes out: nobody
/// is told, and nothing arrives any more.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UnpluggedIT {
  private static final String SERVER = "10.77.0.1";
  private static final String CLIENT = "10.77.0.2";
  private static final int FAR = 10;
  private static final int NEAR = 3;
  private static final int PATIENCE_MILLIS = 30_000;

  private static final int LINES = 160;
  private static final String LINE = "x".repeat(1023) + "\n";

  private static final int TRANSFER_BYTES = 6 * 1024 * 1024;
  private static final int OUTAGES = 3;
  private static final Duration OUTAGE = Duration.ofMillis(300);

  private final List<AutoCloseable> opened = new ArrayList<>();
  private Namespace here;
  private Namespace there;

  @BeforeEach
  void connect() throws Exception {
    Program.require("ss", "iproute2"); // which brings ip and tc, too
    here = open(new Namespace());
    there = open(new Namespace());
    here.connect(there, SERVER, CLIENT);
  }

  private <T extends AutoCloseable> T open(T resource) {
    opened.add(resource);
    return resource;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : opened.reversed()) {
      resource.close();
    }
  }

  private Program serve(String backend, String... options) throws Exception {
    Program.requireBackend(backend);
    List<String> words = new ArrayList<>(List.of("serve", "--backend", backend));
    words.addAll(List.of("--listen", "0.0.0.0:0"));
    words.addAll(List.of(options));
    return here.in(() -> Program.start(words.toArray(String[]::new)));
  }

  /// Connects clients, and waits until the server has accepted them.
  private List<Socket> clients(Namespace where, Program program, int port, int count)
      throws Exception {
    int descriptors = program.descriptors();
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Socket client = open(where.in(() -> new Socket(InetAddress.getByName(SERVER), port)));
      client.setSoTimeout(PATIENCE_MILLIS);
      clients.add(client);
    }
    program.awaitDescriptors(descriptors + count);
    return clients;
  }

  private static void echo(List<Socket> clients) throws IOException {
    for (Socket client : clients) {
      Clients.echo(client);
    }
  }

  /// Returns what was said about the ends of clients behind the cable.
  private static List<String> closed(Program program) {
    return program.remainingLines().stream()
        .filter(l -> l.contains("connection.closed remote=/" + CLIENT))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio", "io_uring"})
  void clientsBehindItAreIdleAndTheOthersAreServed(String backend) throws Exception {
    try (Program program = serve(backend, "--idle-timeout", "2s")) {
      int port = program.port();
      List<Socket> near = clients(here, program, port, NEAR);
      echo(near);
      int descriptors = program.descriptors();
      List<Socket> far = clients(there, program, port, FAR);
      echo(far);

      there.unplug();
      while (program.descriptors() > descriptors) {
        echo(near);
        Thread.sleep(50);
      }
      assertThat(closed(program)).hasSize(FAR).allMatch(l -> l.contains("reason=idle"));

      there.plug();
      echo(clients(there, program, port, 1));
      for (Socket client : far) {
        assertThat(Clients.isGone(client)).isTrue();
      }
      echo(near);
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio", "io_uring"})
  void whatWaitsForThemEndsWithTheWriteTimeoutAndOthersHearEverything(String backend)
      throws Exception {
    try (Program program = serve(backend, "chat", "--write-timeout", "500ms")) {
      int port = program.port();
      List<Socket> near = clients(here, program, port, 2);
      Socket speaker = near.getFirst();
      Socket listener = near.getLast();
      int descriptors = program.descriptors();
      List<Socket> far = clients(there, program, port, FAR);
      say(speaker, "all are here\n");
      hear(listener, "all are here\n");
      for (Socket client : far) {
        hear(client, "all are here\n");
      }

      there.unplug();
      for (int i = 0; i < LINES; i++) {
        say(speaker, LINE);
        hear(listener, LINE);
      }
      while (program.descriptors() > descriptors) {
        say(speaker, "x\n");
        hear(listener, "x\n");
        Thread.sleep(50);
      }
      assertThat(closed(program)).hasSize(FAR).allMatch(l -> l.contains("reason=write_stall"));
    }
  }

  private static void say(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void hear(Socket client, String text) throws IOException {
    byte[] heard = client.getInputStream().readNBytes(text.length());
    assertThat(new String(heard, StandardCharsets.US_ASCII)).isEqualTo(text);
  }

  /// What then becomes of them takes two minutes: `build-support/show-vanished`.
  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio", "io_uring"})
  void systemAsksEveryClientWhetherItIsThere(String backend) throws Exception {
    try (Program program = serve(backend)) {
      int port = program.port();
      List<Socket> far = clients(there, program, port, FAR);
      echo(far);
      String timers = timers(port);
      while (timers.contains("timer:(on,")) { // that of what is not acknowledged yet
        timers = timers(port);
      }
      assertThat(timers.lines())
          .hasSize(FAR)
          .allMatch(l -> l.matches(".*timer:\\(keepalive,(1min|5\\d(\\.\\d*)?sec),0\\).*"));
    }
  }

  private String timers(int port) throws Exception {
    return here.said("ss", "-Htno", "state", "established", "sport", "=", ":" + port);
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio", "io_uring"})
  void serverThatIsStoppedMeanwhileEndsByItsDeadline(String backend) throws Exception {
    try (Program program = serve(backend, "--drain-timeout", "1s")) {
      int port = program.port();
      List<Socket> far = clients(there, program, port, FAR);
      echo(far);
      there.unplug();
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio", "io_uring"})
  void nothingIsLostWhenItIsOutForAMoment(String backend) throws Exception {
    // Slower than the two could be, and with a queue so short that it drops.
    for (Namespace end : List.of(here, there)) {
      end.run(
          "tc", "qdisc", "add", "dev", "cable", "root", "tbf", "rate", "40mbit", "burst", "16k",
          "limit", "32k");
    }
    try (Program program = serve(backend);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Socket client = clients(there, program, program.port(), 1).getFirst();
      byte[] sent = new byte[TRANSFER_BYTES];
      new Random(1).nextBytes(sent);
      Future<?> writing =
          threads.submit(() -> {
            client.getOutputStream().write(sent);
            client.shutdownOutput();
            return true;
          });
      Future<byte[]> reading = threads.submit(() -> client.getInputStream().readAllBytes());
      for (int i = 0; i < OUTAGES; i++) {
        Thread.sleep(OUTAGE);
        assertThat(reading.isDone()).isFalse();
        Namespace end = i % 2 == 0 ? there : here;
        end.unplug();
        Thread.sleep(OUTAGE);
        end.plug();
      }
      writing.get();
      assertThat(Arrays.mismatch(reading.get(), sent)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "unreachable, no route to the address",
    "prohibit, a firewall or a route",
    ", no route to the address"
  })
  void addressThatCannotBeReachedIsOneLineAnd69(@Nullable String route, String named)
      throws Exception {
    if (route != null) {
      here.run("ip", "route", "add", route, "10.78.0.0/24");
    }
    try (Program program = here.in(() -> Program.start("connect", "10.78.0.1:8000"))) {
      program.expectFailure(69, "cannot connect to 10.78.0.1:8000: ", named);
    }
  }
}
