package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `./sluice bench`, against servers that echo and servers that do not.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BenchIT {
  private static final String SHORT = " --duration 500ms --warm-up 100ms";

  /// Does something with each connection.
  @FunctionalInterface
  private interface Service {
    void serve(Socket client) throws IOException;
  }

  private static ServerSocket serve(Service service) throws IOException {
    ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(() -> {
          try {
            while (true) {
              Socket client = listener.accept();
              Thread.ofVirtual()
                  .start(() -> {
                    try (client) {
                      service.serve(client);
                    } catch (IOException _) {
                      // the load has ended
                    }
                  });
            }
          } catch (IOException _) {
            // closed by the test
          }
        });
    return listener;
  }

  private static Program bench(int port, String options) throws IOException {
    return Program.start(("bench 127.0.0.1:" + port + SHORT + " " + options).strip().split(" +"));
  }

  private static long number(String json, String name) {
    Matcher value = Pattern.compile("\"" + name + "\":(\\d+)").matcher(json);
    assertThat(value.find()).as(name + " in " + json).isTrue();
    return Long.parseLong(value.group(1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--connections 10 --in-flight 16 --size 1000",
        "--connections 3 --size 200000",
        "--connections 3 --in-flight 16 --size 33 --lines",
        "--connections 10 --idle 100",
        "--connections 10 --churn",
        "--connections 10 --rate 1000"
      })
  void everyByteComesBack(String options) throws Exception {
    try (Program server = Program.start("serve", "--listen", "127.0.0.1:0");
        Program bench = bench(server.port(), options + " --json")) {
      assertThat(bench.exitCode()).isZero();
      assertThat(bench.remainingLines()).hasSize(1);
      String json = bench.line();
      assertThat(number(json, "messages")).isPositive();
      assertThat(number(json, "verified")).isGreaterThanOrEqualTo(number(json, "messages"));
      assertThat(number(json, "nanos")).isBetween(500_000_000L, 20_000_000_000L);
      assertThat(number(json, "p50")).isPositive();
      assertThat(number(json, "max")).isGreaterThanOrEqualTo(number(json, "p99"));
      if (options.contains("--rate")) {
        assertThat(number(json, "messages")).isBetween(100L, 1_500L);
      } else {
        assertThat(json).contains("\"corrected\":");
      }
    }
  }

  @Test
  void linesEndWhereTheyEnd() throws Exception {
    try (ServerSocket server =
            serve(client -> {
              BufferedReader in =
                  new BufferedReader(
                      new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
              for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.matches("[ -~]{99}")) {
                  return; // which is an error of the load
                }
                client.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
              }
            });
        Program bench = bench(server.getLocalPort(), "--lines --size 100 --connections 5 --json")) {
      assertThat(bench.exitCode()).isZero();
      assertThat(number(bench.line(), "verified")).isGreaterThan(5);
    }
  }

  @Test
  void wordsForPeople() throws Exception {
    try (Program server = Program.start("serve", "--listen", "127.0.0.1:0");
        Program bench = bench(server.port(), "--connections 7 --size 100")) {
      assertThat(bench.exitCode()).isZero();
      List<String> lines = bench.remainingLines();
      assertThat(lines).hasSize(4);
      assertThat(lines.get(0)).startsWith("7 connections, 100 bytes, 1 in flight, 0.");
      assertThat(lines.get(1)).matches("messages  [\\d,]+, [\\d,]+ a second; .*");
      assertThat(lines.get(2)).matches("latency   p50 [\\d,]+ us, .* max [\\d,]+ us");
      assertThat(lines.get(3)).startsWith("corrected p50 ");
    }
  }

  /// Of a stall only the messages under way are slow; the corrected figures count those that would
  /// have been sent meanwhile.
  @Test
  void aStallIsNotHidden() throws Exception {
    long start = System.nanoTime();
    try (ServerSocket server =
            serve(client -> {
              byte[] bytes = new byte[64];
              InputStream in = client.getInputStream();
              boolean stalled = false;
              for (int n = in.read(bytes); n > 0; n = in.read(bytes)) {
                if (!stalled && System.nanoTime() - start > 2_000_000_000L) {
                  stalled = true;
                  LockSupport.parkNanos(500_000_000);
                }
                client.getOutputStream().write(bytes, 0, n);
              }
            });
        Program bench =
            Program.start(
                ("bench 127.0.0.1:"
                        + server.getLocalPort()
                        + " --connections 1 --duration 5s --json")
                    .split(" "))) {
      assertThat(bench.exitCode()).isZero();
      String json = bench.line();
      int corrected = json.indexOf("\"corrected\"");
      assertThat(number(json, "max")).isGreaterThan(400_000_000);
      assertThat(number(json.substring(0, corrected), "p99")).isLessThan(100_000_000);
      assertThat(number(json.substring(corrected), "p99")).isGreaterThan(100_000_000);
    }
  }

  @Test
  void aWrongByteIsFound() throws Exception {
    try (ServerSocket server =
            serve(client -> {
              byte[] bytes = new byte[1000];
              InputStream in = client.getInputStream();
              int total = 0;
              for (int n = in.read(bytes); n > 0; n = in.read(bytes)) {
                if (total <= 5_000 && 5_000 < total + n) {
                  bytes[5_000 - total] ^= 1;
                }
                total += n;
                client.getOutputStream().write(bytes, 0, n);
              }
            });
        Program bench = bench(server.getLocalPort(), "--connections 1")) {
      bench.expectFailure(
          69, "sluice: 127.0.0.1:", "byte 5000 of a connection is not what was sent");
    }
  }

  @Test
  void moreThanWasSentIsFound() throws Exception {
    try (ServerSocket server =
            serve(client -> {
              client.getOutputStream().write(new byte[10]);
              client.getInputStream().readAllBytes();
            });
        Program bench = bench(server.getLocalPort(), "--connections 1 --size 1")) {
      bench.expectFailure(69, "sluice: 127.0.0.1:", "is it an echo server?");
    }
  }

  @Test
  void aServerThatClosesIsNamed() throws Exception {
    try (ServerSocket server = serve(client -> client.getInputStream().readNBytes(64));
        Program bench = bench(server.getLocalPort(), "--connections 5")) {
      bench.expectFailure(69, "sluice: 127.0.0.1:", "the server has closed a connection");
    }
  }

  @Test
  void aServerThatAnswersNothingIsNamed() throws Exception {
    try (ServerSocket server = serve(client -> client.getInputStream().readAllBytes());
        Program bench =
            Program.start(
                ("bench 127.0.0.1:" + server.getLocalPort() + " --connections 2 --duration 30s")
                    .split(" "))) {
      bench.expectFailure(69, "sluice: 127.0.0.1:", "nothing has come back for 10 s");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1                     | 64 | the port is missing",
        "127.0.0.1:1 --connections 0   | 64 | --connections must be from 1 to 1000000, not 0",
        "127.0.0.1:1 --size 0          | 64 | --size must be from 1 to 16777216, not 0",
        "127.0.0.1:1 --lines --size 1  | 64 | --size must be from 2 to 4096, not 1",
        "127.0.0.1:1 --in-flight 0     | 64 | --in-flight must be from 1 to 65536, not 0",
        "127.0.0.1:1 --idle -1         | 64 | --idle must be from 0 to 1000000, not -1",
        "127.0.0.1:1 --rate -1         | 64 | --rate must be from 0 to 2147483647, not -1",
        "127.0.0.1:1 --duration 0      | 64 | --duration must not be 0",
        "127.0.0.1:1 --churn --rate 1  | 64 | --churn goes with neither --in-flight nor --rate",
        "no.such.invalid:1             | 69 | unknown host in no.such.invalid:1",
        "127.0.0.1:1                   | 69 | connection refused",
      })
  void badInputIsOneLineThatNamesIt(String arguments, int exitCode, String named) throws Exception {
    try (Program program = Program.start(("bench " + arguments).split(" +"))) {
      program.expectFailure(exitCode, named);
    }
  }
}
