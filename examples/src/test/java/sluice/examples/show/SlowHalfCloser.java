package sluice.examples.show;

import static sluice.examples.show.Report.mib;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/// A client of an echo sends all it has and the end of the stream, and reads what comes back
/// slowly, through a small receive window. What the connection costs is counted exactly, in
/// reachable objects and direct buffers; the resident memory is printed beside it.
final class SlowHalfCloser implements ShowServer.Figure {
  private static final int RECEIVE_BUFFER_BYTES = 4096;
  private static final int READ_BYTES = 4096;
  private static final int SMALL_BYTES = 256 * 1024;
  private static final int BYTES = 64 * 1024 * 1024;
  private static final double BYTES_PER_NANO = BYTES / 15e9;
  private static final int SAMPLES = 10;
  private static final long MOST_GROWTH_BYTES = 1024 * 1024;

  @Override
  public void show(String backend, Report report) throws Exception {
    try (Child server = Child.server(backend, 1, "echo", Child.QUICK_COMPILER_ONLY)) {
      new Client(server, SMALL_BYTES).run(); // what is loaded or allocated once is no growth
      long before = server.memoryBytes();
      long residentBefore = server.residentBytes();
      Client client = new Client(server, BYTES);
      client.run();
      long growth = client.memoryMost - before;
      report.say(
          "%.0f MiB back through SO_RCVBUF %d (the system grants %d), %d bytes a read, in %.1f s"
              .formatted(
                  mib(client.received),
                  RECEIVE_BUFFER_BYTES,
                  client.granted,
                  READ_BYTES,
                  client.seconds));
      report.say(
          "SHA-256 %s; end of stream last: %s"
              .formatted(client.intact ? "equal" : "DIFFERENT", client.endedLast ? "yes" : "NO"));
      report.say(
          ("heap after GC and direct buffers: %.2f MiB before, at most %+.2f MiB in %d samples;"
                  + " resident %.1f MiB before, at most %+.2f MiB")
              .formatted(
                  mib(before),
                  mib(growth),
                  SAMPLES,
                  mib(residentBefore),
                  mib(client.residentMost - residentBefore)));
      report.claim(client.intact && client.endedLast, "all comes back, then the end of the stream");
      report.claim(growth <= MOST_GROWTH_BYTES, "the connection costs at most 1 MiB");
    }
  }

  /// One such client. The small one reads at the same pace.
  private static final class Client {
    private final Child server;
    private final byte[] sent;
    int granted;
    long received;
    boolean intact;
    boolean endedLast;
    double seconds;
    long memoryMost;
    long residentMost;

    Client(Child server, int bytes) {
      this.server = server;
      sent = new byte[bytes];
      new Random(bytes).nextBytes(sent);
    }

    void run() throws Exception {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (Socket socket = new Socket()) {
        socket.setReceiveBufferSize(RECEIVE_BUFFER_BYTES); // before connecting: it sets the window
        server.connect(socket);
        granted = socket.getReceiveBufferSize();
        Thread sender = Thread.ofVirtual().start(() -> send(socket));
        long start = System.nanoTime();
        InputStream in = socket.getInputStream();
        byte[] piece = new byte[READ_BYTES];
        long nextSample = sent.length / SAMPLES / 2;
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
          digest.update(piece, 0, n);
          received += n;
          if (received >= nextSample) {
            nextSample += sent.length / SAMPLES;
            memoryMost = Math.max(memoryMost, server.memoryBytes());
            residentMost = Math.max(residentMost, server.residentBytes());
          }
          LockSupport.parkNanos(start + (long) (received / BYTES_PER_NANO) - System.nanoTime());
        }
        seconds = (System.nanoTime() - start) / 1e9;
        endedLast = received == sent.length;
        sender.join();
      }
      intact = Arrays.equals(digest.digest(), MessageDigest.getInstance("SHA-256").digest(sent));
    }

    private void send(Socket socket) {
      try {
        socket.getOutputStream().write(sent);
        socket.shutdownOutput();
      } catch (IOException _) {
        // what comes back says what is missing
      }
    }
  }
}
