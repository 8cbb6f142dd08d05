package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The end of a server and the next beginning, under load. `-Dsluice.restarts=100` restarts more
/// often.
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RestartIT {
  private static final int RESTARTS = Integer.getInteger("sluice.restarts", 20);
  private static final int CLIENTS = 1_000;
  private static final int RESTART_CLIENTS = 20;
  private static final int FRAME_BYTES = 64;

  /// Sends numbered frames to an echo until the server ends, and counts those that came back.
  private static final class Client {
    final Socket socket;
    long sent;
    long back;

    Client(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(60_000);
    }

    /// Returns how many frames came back; a frame that was answered in part, or in disorder, is an
    /// error.
    long run(CountDownLatch busy) throws IOException {
      try (socket) {
        InputStream in = socket.getInputStream();
        byte[] answer = new byte[FRAME_BYTES];
        while (true) {
          try {
            socket.getOutputStream().write(frame(sent));
            sent++;
          } catch (SocketException _) {
            // the server reads no more; what it has read comes back
          }
          int count = in.readNBytes(answer, 0, FRAME_BYTES);
          if (count == 0) {
            return back;
          }
          assertThat(count).as("bytes of an answer").isEqualTo(FRAME_BYTES);
          assertThat(answer).isEqualTo(frame(back));
          back++;
          if (back == 1) {
            busy.countDown();
          }
        }
      }
    }

    private static byte[] frame(long number) {
      return ("%0" + FRAME_BYTES + "d")
          .formatted(number)
          .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"epoll", "io_uring", "nio"})
  void drainLosesNoFrameThatWasReceived(String backend) throws Exception {
    Program.requireBackend(backend);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Program program = Program.start("serve", "--backend", backend, "--listen", "127.0.0.1:0")) {
      int port = program.port();
      List<Client> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(new Client(port));
      }
      CountDownLatch busy = new CountDownLatch(CLIENTS);
      List<Future<Long>> results = new ArrayList<>();
      for (Client client : clients) {
        results.add(threads.submit(() -> client.run(busy)));
      }
      assertThat(busy.await(60, TimeUnit.SECONDS)).isTrue();
      long start = System.nanoTime();
      program.signal("TERM");
      assertThat(program.exitCode()).isZero();
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      long frames = 0;
      for (Future<Long> result : results) {
        frames += result.get(60, TimeUnit.SECONDS);
      }
      System.out.printf(
          "drain on %s: %d clients, %d frames, exit 0 after %d ms%n",
          backend, CLIENTS, frames, took.toMillis());
      assertThat(frames).isGreaterThanOrEqualTo(CLIENTS);
    }
  }

  @Test
  void restartsOnOnePortUnderLoad() throws Exception {
    int port = 0;
    long frames = 0;
    long start = System.nanoTime();
    for (int i = 0; i < RESTARTS; i++) {
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
          Program program = Program.start("serve", "--listen", "127.0.0.1:" + port)) {
        port = program.port();
        int itsPort = port;
        CountDownLatch busy = new CountDownLatch(RESTART_CLIENTS);
        List<Future<Long>> results = new ArrayList<>();
        for (int j = 0; j < RESTART_CLIENTS; j++) {
          results.add(threads.submit(() -> new Client(itsPort).run(busy)));
        }
        assertThat(busy.await(60, TimeUnit.SECONDS)).isTrue();
        program.signal("TERM");
        assertThat(program.exitCode()).as("restart %d", i).isZero();
        for (Future<Long> result : results) {
          frames += result.get(60, TimeUnit.SECONDS);
        }
      }
    }
    System.out.printf(
        "restarts: %d of %d on port %d, %d frames, %d s%n",
        RESTARTS, RESTARTS, port, frames, (System.nanoTime() - start) / 1_000_000_000);
  }
}
