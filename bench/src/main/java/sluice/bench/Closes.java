package sluice.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import sluice.Backend;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// Closes many connections in the middle of everything, from either end, in any way, and looks for
/// what that leaves: bytes of another connection, callbacks that do not match, descriptors.
///
/// Each client sends its own byte many times and must get no other one back. The server answers
/// with more than the client reads, so that sends are in progress when one of them closes or
/// resets.
final class Closes {
  private static final int CLIENTS = 16;
  private static final int REQUEST_BYTES = 4 * 1024;
  private static final int ADDRESSES = 64;
  private static final int ANSWERS = 48;
  private static final Duration STOP = Duration.ofSeconds(5);

  private final AtomicLong opened = new AtomicLong();
  private final AtomicLong closed = new AtomicLong();
  private final AtomicLong resets = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong wrong = new AtomicLong();
  private final AtomicLong left;
  private final Backend backend;
  private final long connections;

  private Closes(Backend backend, long connections) {
    this.backend = backend;
    this.connections = connections;
    left = new AtomicLong(connections);
  }

  public static void main(String[] args) throws Exception {
    Backend backend = Backend.of(args[0]);
    new Closes(backend, CLIENTS).run(); // opens what stays open
    long before = descriptors();
    Closes closes = new Closes(backend, Long.parseLong(args[1]));
    double seconds = closes.run();
    boolean good = closes.report(seconds, before, descriptors());
    System.exit(good ? 0 : 1);
  }

  /// Serves until all clients have left and everything is closed. Returns the seconds they took.
  private double run() throws Exception {
    Server.Builder builder = Server.builder().backend(backend).handler(new Answering());
    for (int i = 1; i <= ADDRESSES; i++) { // one has too few ports
      builder.listen("127.0.0." + i, 0);
    }
    Server server = builder.start();
    long start = System.nanoTime();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Callable<Void>> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        SplittableRandom random = new SplittableRandom(i);
        all.add(() -> {
          while (left.getAndDecrement() > 0) {
            client(server.addresses().get(random.nextInt(ADDRESSES)), random);
          }
          return null;
        });
      }
      for (Future<Void> one : clients.invokeAll(all)) {
        one.get(); // whatever failed is told
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    server.stop(STOP).toCompletableFuture().join();
    return seconds;
  }

  private boolean report(double seconds, long before, long after) {
    System.out.printf(
        "%s: %d connections in %.0f s; opened %d, closed %d, %d of them reset by the"
            + " server a turn after its answer%n",
        backend.name(), connections, seconds, opened.get(), closed.get(), resets.get());
    System.out.printf(
        "  %d bytes compared, %d wrong; descriptors %d before, %d after%n",
        bytes.get(), wrong.get(), before, after);
    return wrong.get() == 0
        && opened.get() == closed.get()
        && opened.get() >= connections
        && after <= before;
  }

  /// Sends, reads some of the answer, and leaves, with a reset or without.
  private void client(SocketAddress server, SplittableRandom random) throws IOException {
    byte mine = (byte) random.nextInt(1, 128);
    byte[] request = new byte[1 + random.nextInt(REQUEST_BYTES)];
    Arrays.fill(request, mine);
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(REQUEST_BYTES);
      socket.connect(server);
      try {
        socket.getOutputStream().write(request);
        read(socket.getInputStream(), mine, random.nextInt(request.length + 1));
        if (random.nextBoolean()) {
          socket.setSoLinger(true, 0);
        }
      } catch (IOException _) {
        // the server was faster
      }
    }
  }

  private void read(InputStream in, byte mine, int most) throws IOException {
    byte[] answer = new byte[REQUEST_BYTES];
    for (int rest = most; rest > 0; ) {
      int count = in.read(answer, 0, Math.min(rest, answer.length));
      if (count <= 0) {
        return;
      }
      bytes.addAndGet(count);
      for (int i = 0; i < count; i++) {
        if (answer[i] != mine) {
          wrong.incrementAndGet();
        }
      }
      rest -= count;
    }
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  /// Answers many times over; then it closes, resets, or leaves that to the client.
  private final class Answering implements ConnectionHandler {
    private final SplittableRandom random = new SplittableRandom(99);

    @Override
    public void onOpen(Connection connection) {
      opened.incrementAndGet();
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      boolean goOn = connection.write(data);
      ByteBuffer again = data.duplicate().clear().limit(data.limit());
      for (int i = 0; i < ANSWERS && goOn; i++) {
        goOn = connection.write(again.rewind());
      }
      switch (random.nextInt(3)) {
        case 0 -> connection.close();
        case 1 ->
            connection.execute(() -> { // on the next turn: what was written is being sent
              resets.incrementAndGet();
              connection.abort();
            });
        default -> {}
      }
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) {
      closed.incrementAndGet();
    }
  }
}
