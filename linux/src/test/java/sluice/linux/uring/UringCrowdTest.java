package sluice.linux.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static sluice.spi.Operations.RECEIVE;
import static sluice.spi.Operations.SEND;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sluice.linux.uring.UringTrapsTest.Kernel;
import sluice.spi.Chunk;
import sluice.spi.ListenerBase;
import sluice.spi.StreamBase;

/// Many connections on a ring that is much too small for them.
@Isolated // it looks for the descriptor of its ring
class UringCrowdTest {
  private static final RingSize SMALLEST = new RingSize(1, 2, 4);
  private static final int CROWD = 1_000;
  private static final int BYTES = 3_000;
  private static final int CLOSES = 10_000;
  private static final int AT_ONCE = 100;
  private static final Chunk LARGE = chunk(new byte[8 << 20]);

  @BeforeAll
  static void probe() {
    RingRig.requireRings();
  }

  /// How many completions the kernel has kept at most, when the queue could take no more. It lists
  /// them behind the ring's descriptor.
  private static final class Overflow {
    private final Path description;
    private long most;

    Overflow() throws IOException {
      try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
        Path ring = files.filter(Overflow::isRing).findFirst().orElseThrow();
        description = Path.of("/proc/self/fdinfo").resolve(ring.getFileName());
      }
    }

    private static boolean isRing(Path descriptor) {
      try {
        return Files.readSymbolicLink(descriptor).endsWith("anon_inode:[io_uring]");
      } catch (IOException _) {
        return false; // the one of the listing itself, for example
      }
    }

    /// Looks, and passes `done` on.
    boolean seenWhen(boolean done) {
      try (Stream<String> lines = Files.lines(description)) {
        long kept =
            lines
                .dropWhile(line -> !line.startsWith("CqOverflowList"))
                .filter(line -> line.contains("user_data="))
                .count();
        most = Math.max(most, kept);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      return done;
    }

    /// Checks that it was most of the crowd's, since the last time.
    void assertMet() {
      assertThat(most).as("completions that the kernel kept").isGreaterThan(CROWD / 2);
      most = 0;
    }
  }

  private static byte[] random(int seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static Chunk chunk(byte[] bytes) {
    return new Chunk(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(), _ -> {}, 0);
  }

  /// All are connected before the first byte, which goes to the server and back.
  @ParameterizedTest
  @EnumSource
  void thousandAreServedThoughTheCompletionQueueOverflows(Kernel kernel) throws Exception {
    try (RingRig rig = new RingRig(kernel.features(), SMALLEST)) {
      Overflow overflow = new Overflow();
      rig.driver.accept(CROWD, (ListenerBase) rig.listener, CROWD);
      List<StreamBase> clients = new ArrayList<>();
      for (int i = 0; i < CROWD; i++) {
        clients.add(rig.connect(rig.listener));
      }
      rig.until(() -> rig.accepted.size() == CROWD);

      for (int i = 0; i < CROWD; i++) {
        rig.driver.receive(i, rig.accepted.get(i), 1 << 20);
      }
      rig.turn(Duration.ZERO);
      for (int i = 0; i < CROWD; i++) {
        assertThat(clients.get(i).write(ByteBuffer.wrap(random(i)))).isEqualTo(BYTES);
      }
      rig.until(() -> overflow.seenWhen(rig.receivedInAll() == CROWD * BYTES));
      overflow.assertMet();

      for (int i = 0; i < CROWD; i++) {
        rig.driver.send(i, rig.accepted.get(i), chunk(rig.received(i)));
      }
      rig.until(() -> overflow.seenWhen(rig.sent.size() == CROWD));
      overflow.assertMet();
      assertThat(rig.sent).containsOnly(BYTES);
      for (int i = 0; i < CROWD; i++) {
        assertThat(Sockets.readAll(clients.get(i), BYTES).join()).isEqualTo(random(i));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void buffersOfConnectionsThatCloseInTheMiddleAllComeBack(Kernel kernel) throws Exception {
    RingSize size = new RingSize(64, 128, 64);
    try (RingRig rig = new RingRig(kernel.features(), size)) {
      for (int from = 0; from < CLOSES; from += AT_ONCE) {
        closeInTheMiddle(rig, from);
      }
      StreamBase[] pair = rig.pair();
      rig.driver.receive(CLOSES, pair[1], 1 << 20);
      int copies = rig.copies;
      rig.retains = true;
      for (int i = 1; i <= size.buffers(); i++) { // one after the other: each has its own
        assertThat(pair[0].write(ByteBuffer.wrap(new byte[10]))).isEqualTo(10);
        int expected = i * 10;
        rig.until(() -> rig.received(CLOSES).length == expected);
      }
      assertThat(rig.copies).isEqualTo(copies);
      assertThat(rig.retained).hasSize(size.buffers());
    }
  }

  /// Each sends what its peer does not take, and receives. Most buffers are lent when all close.
  private static void closeInTheMiddle(RingRig rig, int from) throws Exception {
    rig.finals.clear();
    rig.sent.clear();
    rig.retains = true;
    List<StreamBase[]> pairs = new ArrayList<>();
    for (int i = 0; i < AT_ONCE; i++) {
      StreamBase[] pair = rig.pair();
      pairs.add(pair);
      rig.driver.receive(from + i, pair[1], 1 << 20);
      rig.driver.send(from + i, pair[1], LARGE);
      assertThat(pair[0].write(ByteBuffer.wrap(new byte[10]))).isEqualTo(10);
    }
    if (from % (2 * AT_ONCE) == 0) {
      rig.turn(Duration.ZERO); // the others fill buffers of connections that are closed already
    }
    for (int i = 0; i < AT_ONCE; i++) {
      rig.driver.cancel(from + i, RECEIVE | SEND);
      pairs.get(i)[1].close();
    }
    rig.until(() -> rig.finals.size() + rig.sent.size() == 2 * AT_ONCE);
    for (StreamBase[] pair : pairs) {
      pair[0].close();
    }
    rig.retained.forEach(Chunk::release);
    rig.retained.clear();
    rig.retains = false;
  }
}
