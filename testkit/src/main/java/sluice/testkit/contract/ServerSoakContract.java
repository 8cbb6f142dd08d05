package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;
import sluice.server.Server;

/// Many clients and threads that do at random all that they may, and every byte compared.
///
/// What each side wants to do follows from the seed; how it interleaves does not.
public abstract class ServerSoakContract extends ServerSuite {
  private static final int CLIENTS = 200;
  private static final int AT_A_TIME = 32;
  private static final int DATA_BYTES_MAX = 256 * KIB;

  /// What the server does with a client. The client's first byte chooses.
  private enum Manner {
    /// Writes back what was lent.
    ECHO,

    /// Has another thread write back a copy of it, and reads no more until that has happened.
    HAND_OVER,

    /// Writes back what was lent, and pauses until another thread resumes it.
    PAUSE,

    /// Has another thread abort the connection.
    ABORT,

    /// Has another thread close the connection.
    CLOSE;

    static Manner of(byte code) {
      return Stream.of(values()).filter(manner -> manner.code() == code).findFirst().orElseThrow();
    }

    /// Returns what stands for it on the wire.
    byte code() {
      return (byte) name().charAt(0);
    }

    /// Tells whether the client gets back everything.
    boolean isComplete() {
      return this == ECHO || this == HAND_OVER || this == PAUSE;
    }
  }

  /// How a client leaves.
  private enum Leaving {
    /// Ends its output and reads to the end.
    HALF_CLOSE,

    /// Reads all its answers, then closes.
    CLOSE,

    /// Resets in the middle.
    RESET,

    /// Closes without reading.
    VANISH
  }

  /// The server's side of one client.
  private static final class Side implements ConnectionHandler {
    private final ExecutorService others;
    private final SplittableRandom random;
    private final Counts counts;
    private Manner manner = Manner.ECHO;
    private boolean first = true;
    private int opens;
    private int closes;

    Side(ExecutorService others, SplittableRandom random, Counts counts) {
      this.others = others;
      this.random = random;
      this.counts = counts;
    }

    @Override
    public void onOpen(Connection connection) {
      counts.check(++opens == 1 && closes == 0);
      counts.opened.incrementAndGet();
    }

    @Override
    public void onData(Connection connection, ByteBuffer data) {
      counts.check(opens == 1 && closes == 0);
      if (first) {
        first = false;
        manner = Manner.of(data.get(data.position()));
      }
      switch (manner) {
        case ECHO -> connection.write(data);
        case HAND_OVER -> handOver(connection, data);
        case PAUSE -> {
          connection.write(data);
          connection.pauseReading();
          others.execute(connection::resumeReading);
        }
        case ABORT -> endAtRandom(connection, data, connection::abort);
        case CLOSE -> endAtRandom(connection, data, connection::close);
      }
    }

    private void handOver(Connection connection, ByteBuffer data) {
      connection.pauseReading();
      ByteBuffer copy = ByteBuffer.allocate(data.remaining()).put(data).flip();
      int cut = random.nextInt(copy.remaining() + 1);
      others.execute(() -> {
        connection.write(copy.slice(0, cut));
        connection.write(copy.slice(cut, copy.capacity() - cut));
        connection.resumeReading();
      });
    }

    private void endAtRandom(Connection connection, ByteBuffer data, Runnable end) {
      connection.write(data);
      if (random.nextInt(4) == 0) {
        others.execute(end);
      }
    }

    @Override
    public void onInputClosed(Connection connection) {
      counts.check(opens == 1 && closes == 0);
      connection.close();
    }

    @Override
    public void onClose(Connection connection, CloseReason reason) {
      counts.check(opens == 1 && ++closes == 1);
      counts.check(!connection.isOpen());
      counts.check(reason != CloseReason.HANDLER_ERROR && reason != CloseReason.OUT_HARD);
      counts.closed.incrementAndGet();
    }
  }

  /// What the server's sides were told, all together.
  private static final class Counts {
    final AtomicInteger opened = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    final AtomicInteger wrong = new AtomicInteger();

    void check(boolean right) {
      if (!right) {
        wrong.incrementAndGet();
      }
    }
  }

  /// One client's whole life; fails if it gets a byte that is not the next one of its own.
  private record Client(Server server, long seed) {
    boolean live() throws Exception {
      SplittableRandom random = new SplittableRandom(seed);
      Manner manner = oneOf(Manner.values(), random);
      Leaving leaving = oneOf(Leaving.values(), random);
      byte[] data = randomBytes(seed, 1 + random.nextInt(DATA_BYTES_MAX));
      data[0] = manner.code();
      boolean inOrder = leaving == Leaving.HALF_CLOSE || leaving == Leaving.CLOSE;
      int wanted = inOrder ? data.length : random.nextInt(data.length);
      int received = 0;
      Background<Integer> writer;
      try (Socket socket = new Socket()) {
        socket.setSoTimeout((int) LONG.toMillis());
        if (random.nextBoolean()) {
          socket.setReceiveBufferSize(4 * KIB);
        }
        socket.connect(address(server));
        SplittableRandom writing = random.split();
        writer = Background.startVirtual(() -> write(socket, data, writing, leaving));
        try {
          received = leaving == Leaving.VANISH ? 0 : read(socket, data, wanted, random);
          if (leaving == Leaving.HALF_CLOSE && received == wanted && manner.isComplete()) {
            assertEnds(socket);
          }
        } catch (IOException e) {
          // A close lingers for a limited time, so that it, too, may end as a reset.
          assertThat(manner.isComplete()).as("%s may fail: %s", manner, e).isFalse();
        }
        if (leaving == Leaving.RESET) {
          socket.setSoLinger(true, 0);
        }
      }
      Wait.until("the writer has ended", () -> writer.outcome().isDone());
      if (inOrder && manner.isComplete()) {
        assertThat(received).as("%s, %s, seed %d", manner, leaving, seed).isEqualTo(wanted);
        assertThat(writer.join()).isEqualTo(data.length);
      }
      return true;
    }

    private static <T> T oneOf(T[] all, SplittableRandom random) {
      return all[random.nextInt(all.length)];
    }

    private static int write(Socket socket, byte[] data, SplittableRandom random, Leaving leaving)
        throws IOException {
      OutputStream out = socket.getOutputStream();
      for (int at = 0, size; at < data.length; at += size) {
        size = Math.min(data.length - at, 1 << random.nextInt(17));
        out.write(data, at, size);
      }
      if (leaving == Leaving.HALF_CLOSE) {
        socket.shutdownOutput();
      }
      return data.length;
    }

    /// Reads `wanted` bytes or to the end, compares them, and returns how many came.
    private static int read(Socket socket, byte[] expected, int wanted, SplittableRandom random)
        throws IOException {
      InputStream in = socket.getInputStream();
      byte[] block = new byte[64 * KIB];
      int received = 0;
      while (received < wanted) {
        int count = in.read(block, 0, Math.min(wanted - received, 1 << random.nextInt(17)));
        if (count < 0) {
          return received;
        }
        int end = received + count;
        int mismatch = Arrays.mismatch(expected, received, end, block, 0, count);
        assertThat(mismatch).as("first difference behind %d bytes", received).isEqualTo(-1);
        received = end;
      }
      return received;
    }
  }

  @Test
  void whateverManyClientsAndThreadsDoEveryByteIsItsOwnersAndInOrder() throws Exception {
    long[] round = {0};
    DescriptorCount.assertNoneLeak(() -> soak(++round[0]));
  }

  private void soak(long seed) throws Exception {
    SplittableRandom seeds = new SplittableRandom(seed);
    Counts counts = new Counts();
    ExecutorService others = Executors.newFixedThreadPool(2);
    Semaphore room = new Semaphore(AT_A_TIME);
    List<Background<Boolean>> clients = new ArrayList<>();
    try (Server server =
            Server.builder()
                .backend(backend())
                .listen(loopback())
                .handlerPerConnection(() -> new Side(others, seeds.split(), counts))
                .start();
        others) {
      SplittableRandom ofClients = new SplittableRandom(seed);
      for (int i = 0; i < CLIENTS; i++) {
        assertThat(room.tryAcquire(Wait.LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        Client client = new Client(server, ofClients.nextLong());
        clients.add(
            Background.startVirtual(() -> {
              try {
                return client.live();
              } finally {
                room.release();
              }
            }));
      }
      for (Background<Boolean> client : clients) {
        assertThat(client.join()).isTrue();
      }
      Wait.until("each has ended", () -> counts.closed.get() == CLIENTS);
    }
    assertThat(counts.opened).hasValue(CLIENTS);
    assertThat(counts.closed).hasValue(CLIENTS);
    assertThat(counts.wrong).hasValue(0);
  }
}
