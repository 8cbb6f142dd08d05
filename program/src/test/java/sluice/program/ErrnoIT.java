package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every error number that the calls of a server can have, on every backend, on the real kernel:
/// what comes of it stands in `errno-table.txt`, and nobody else may notice.
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ErrnoIT {
  private static final String LOOP = "sluice-loop-0";
  private static final int TRIES = 5;
  private static final int PATTERN_BYTES = 1000;

  /// What `Bounds` says; the clock of strace is read a little later than the loop's.
  private static final double PAUSE_SECONDS = 0.095;

  private static final int PATIENCE_MILLIS = 20_000;
  private static final int HUNG_MILLIS = 2_000;

  private static int tested;
  private static int asWritten;

  /// What comes of a failed call.
  enum Outcome {
    /// Nobody notices anything.
    SERVED,
    /// The one client is closed.
    CLOSED,
    /// Whoever connects waits for a moment, and is served.
    PAUSED,
    /// The program does not start: one line, exit 69.
    REFUSED,
    /// The one client gets no answer.
    HUNG
  }

  /// A line of the table.
  private record Cell(String backend, String call, String errno, Outcome outcome) {
    @Override
    public String toString() {
      return backend + " " + call + " " + errno;
    }
  }

  private static List<Cell> table() throws IOException {
    List<Cell> cells = new ArrayList<>();
    try (InputStream file = ErrnoIT.class.getResourceAsStream("errno-table.txt")) {
      for (String line : new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        String[] words = line.split(" +", -1);
        for (String errno : words[3].split(",", -1)) {
          cells.add(new Cell(words[0], words[1], errno, Outcome.valueOf(words[2])));
        }
      }
    }
    return cells;
  }

  @TempDir Path folder;

  /// Descriptors that stay open because closing them was made to fail.
  private int leftOpen;

  @BeforeEach
  void requireStrace() throws InterruptedException {
    Program.require("strace", "strace");
  }

  @AfterAll
  static void report() {
    System.out.println("errno table: " + tested + " cells tested, " + asWritten + " as written");
  }

  private static void judge(List<String> wrong, Cell cell, Object outcome) {
    tested++;
    if (cell.outcome().equals(outcome)) {
      asWritten++;
    } else {
      wrong.add(cell + ": " + outcome + ", not " + cell.outcome());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "nio", "io_uring"})
  void failedCallOfARunningServerIsAsWritten(String backend) throws Exception {
    Program.requireBackend(backend);
    List<String> wrong = new ArrayList<>();
    try (Program program =
        Program.start(
            "serve", "--backend", backend, "--idle-timeout", "10s", "--listen", "127.0.0.1:0")) {
      int port = program.port();
      try (Client bystander = new Client(port)) {
        for (int i = 0; i < 3; i++) { // loads the classes
          finish(port);
        }
        bystander.echo("the first cell");
        int descriptors = descriptorsAtRest(program);
        for (Cell cell : table()) {
          if (cell.backend().equals(backend) && cell.outcome() != Outcome.REFUSED) {
            judge(wrong, cell, inject(program, port, cell));
            bystander.echo(cell);
          }
        }
        finish(port);
        // The last clients are being closed, and those that hang when they are idle; failures to
        // close leave some open.
        program.awaitDescriptors(descriptors + leftOpen);
      }
      assertThat(program.remainingLines()).noneMatch(l -> l.matches("(error|fatal) .*"));
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
    }
    assertThat(wrong).isEmpty();
  }

  /// Makes a call fail, from the victim's connecting on if it is one for connecting, otherwise when
  /// it is connected. Tried again if the call came before strace was quite there.
  private Outcome inject(Program program, int port, Cell cell) throws Exception {
    for (int i = 0; i < TRIES; i++) {
      Path log = folder.resolve("calls");
      boolean connecting = cell.call().matches("accept4?|epoll_ctl");
      int count = cell.errno().matches("EINTR|EBUSY") ? 3 : 1;
      int patience = cell.outcome() == Outcome.HUNG ? HUNG_MILLIS : PATIENCE_MILLIS;
      Client victim = connecting ? null : new Client(port, patience);
      if (victim != null) {
        victim.echo(cell);
      }
      Injection injection = Injection.into(program, LOOP, cell.call(), cell.errno(), count, log);
      boolean served;
      try {
        if (victim == null) {
          victim = new Client(port, patience);
        }
        served = victim.isServed();
        if (cell.call().matches("shutdown|close")) {
          served = served && victim.isEnded();
          injection.await(); // the server closes when the client knows already
        }
      } catch (SocketTimeoutException _) {
        return Outcome.HUNG;
      } finally {
        injection.close();
        if (victim != null) {
          victim.close();
        }
      }
      List<String> calls = injection.calls();
      int at = 0;
      while (at < calls.size() && !Injection.isInjected(calls.get(at))) {
        at++;
      }
      if (at < calls.size()) {
        return served ? servedHow(cell, calls, at) : Outcome.CLOSED;
      }
      assertThat(served).as("%s without a failure: %s", cell, calls).isTrue();
    }
    throw new AssertionError(cell + " never failed: the call is not made");
  }

  private Outcome servedHow(Cell cell, List<String> calls, int at) {
    if (cell.call().equals("close")) { // was not done, so the number is nobody else's
      leftOpen += (int) calls.stream().filter(Injection::isInjected).count();
      String number = calls.get(at).replaceAll(".*(close\\(\\d+\\)).*", "$1");
      assertThat(calls)
          .as("close is never repeated")
          .filteredOn(c -> c.contains(number))
          .hasSize(1);
    }
    boolean paused =
        cell.call().startsWith("accept")
            && Injection.time(calls.get(at + 1)) - Injection.time(calls.get(at)) >= PAUSE_SECONDS;
    return paused ? Outcome.PAUSED : Outcome.SERVED;
  }

  /// The fewest of a moment: the server closes a client when that knows its end already.
  private static int descriptorsAtRest(Program program) throws Exception {
    int fewest = Integer.MAX_VALUE;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    while (System.nanoTime() < end) {
      fewest = Math.min(fewest, program.descriptors());
      Thread.sleep(10);
    }
    return fewest;
  }

  private static void finish(int port) throws IOException {
    try (Client client = new Client(port)) {
      client.echo("a client");
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void failedCallAtTheStartIsAsWritten() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (Cell cell : table()) {
      if (cell.outcome() == Outcome.REFUSED) {
        Program.requireBackend(cell.backend());
        Path log = folder.resolve("calls-" + tested);
        ProcessBuilder serve =
            Program.sluice("serve", "--backend", cell.backend(), "--listen", "127.0.0.1:0");
        try (Program program =
            Program.run(Injection.fromStart(serve, cell.call(), cell.errno(), log))) {
          int exit = program.exitCode();
          List<String> lines = program.remainingLines();
          boolean refused =
              exit == ExitCode.UNAVAILABLE
                  && lines.size() == 1
                  && lines.getFirst().startsWith("sluice: ");
          assertThat(Injection.calls(log)).as("%s", cell).anyMatch(Injection::isInjected);
          judge(wrong, cell, refused ? Outcome.REFUSED : "exit " + exit + " " + lines);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  /// A client that compares what comes back.
  private static final class Client implements AutoCloseable {
    private final Socket socket;
    private byte next;

    Client(int port) throws IOException {
      this(port, PATIENCE_MILLIS);
    }

    Client(int port, int patienceMillis) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(patienceMillis);
    }

    /// Fails if a byte is lost.
    void echo(Object when) throws IOException {
      byte[] pattern = new byte[PATTERN_BYTES];
      for (int i = 0; i < pattern.length; i++) {
        pattern[i] = next++;
      }
      socket.getOutputStream().write(pattern);
      byte[] answer = socket.getInputStream().readNBytes(pattern.length);
      assertThat(Arrays.mismatch(answer, pattern))
          .as("where the bytes of a client differ at %s", when)
          .isEqualTo(-1);
    }

    /// Tells whether everything comes back, or the end instead.
    boolean isServed() throws IOException {
      try {
        socket.getOutputStream().write('x');
        int answer = socket.getInputStream().read();
        if (answer >= 0) {
          assertThat(answer).isEqualTo('x');
          echo("its failure");
        }
        return answer >= 0;
      } catch (SocketException _) {
        return false; // reset
      }
    }

    /// Ends its half and tells whether the server ends the other.
    boolean isEnded() throws IOException {
      socket.shutdownOutput();
      return socket.getInputStream().read() < 0;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
