package sluice.linux.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static sluice.spi.Operations.ACCEPT;
import static sluice.spi.Operations.POLL;
import static sluice.spi.Operations.RECEIVE;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sluice.Interest;
import sluice.Listener;
import sluice.Select;
import sluice.linux.abi.IoUring;
import sluice.linux.socket.LinuxSource;
import sluice.linux.uring.RingRig.Final;
import sluice.spi.Chunk;
import sluice.spi.ListenerBase;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// What is special about rings, and breaks drivers that work otherwise. On the ring that this
/// kernel gives, and on those that older ones would.
@Isolated // it counts descriptors
class UringTrapsTest {
  private static final RingSize SMALL = new RingSize(4, 8, 4);
  private static final Duration A_WHILE = Duration.ofMillis(50);

  /// The kernels to be like.
  enum Kernel {
    V6_17(IoUring.IORING_SETUP_SINGLE_ISSUER | IoUring.IORING_SETUP_DEFER_TASKRUN, true),
    V6_1(IoUring.IORING_SETUP_SINGLE_ISSUER | IoUring.IORING_SETUP_DEFER_TASKRUN, false),
    V5_19(IoUring.IORING_SETUP_COOP_TASKRUN, false);

    private final int flags;
    private final boolean boundedReceive;

    Kernel(int flags, boolean boundedReceive) {
      this.flags = flags | IoUring.IORING_SETUP_CQSIZE | IoUring.IORING_SETUP_SUBMIT_ALL;
      this.boundedReceive = boundedReceive;
    }

    RingFeatures features() {
      return new RingFeatures(flags, boundedReceive);
    }
  }

  @BeforeAll
  static void probe() {
    RingRig.requireRings();
  }

  private static RingRig rig(Kernel kernel, RingSize size) throws IOException {
    return new RingRig(kernel.features(), size);
  }

  private static int descriptors() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return (int) files.count();
    }
  }

  private static byte[] random(int seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @ParameterizedTest
  @EnumSource
  void moreRequestsThanTheSubmissionQueueHolds(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, SMALL)) {
      List<StreamBase[]> pairs = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        pairs.add(rig.pair());
        rig.driver.poll(i, pairs.get(i)[1], Interest.READ.mask());
      }
      for (int i = 0; i < 100; i += 2) {
        assertThat(pairs.get(i)[0].write(ByteBuffer.wrap(new byte[1]))).isOne();
      }
      rig.until(() -> rig.polled.size() == 50);
      for (int i = 0; i < 100; i++) {
        rig.driver.cancel(i, POLL);
      }
      rig.until(() -> rig.finals.size() == 50);
      assertThat(rig.finals).extracting(Final::status).containsOnly(Status.CANCELLED);
      assertThat(rig.polled).hasSize(50).allMatch(handle -> handle % 2 == 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void moreCompletionsThanTheCompletionQueueHolds(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, SMALL)) {
      List<StreamBase[]> pairs = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        pairs.add(rig.pair());
        rig.driver.receive(i, pairs.get(i)[1], 1 << 20);
      }
      rig.turn(Duration.ZERO);
      for (int i = 0; i < 200; i++) {
        assertThat(pairs.get(i)[0].write(ByteBuffer.wrap(random(i, 100)))).isEqualTo(100);
      }
      rig.until(() -> rig.receivedInAll() == 200 * 100);
      for (int i = 0; i < 200; i++) {
        assertThat(rig.received(i)).isEqualTo(random(i, 100));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void withoutBuffersReceivesCopyAndNobodyStalls(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, SMALL)) {
      rig.retains = true;
      StreamBase[] first = rig.pair();
      rig.driver.receive(0, first[1], 1 << 20);
      for (int i = 1; i <= 4; i++) { // one after the other: each has a buffer of its own
        assertThat(first[0].write(ByteBuffer.wrap(random(i, 10)))).isEqualTo(10);
        int expected = i;
        rig.until(() -> rig.retained.size() == expected);
      }
      List<StreamBase[]> pairs = new ArrayList<>();
      for (int i = 1; i <= 50; i++) {
        pairs.add(rig.pair());
        rig.driver.receive(i, pairs.getLast()[1], 1 << 20);
        assertThat(pairs.getLast()[0].write(ByteBuffer.wrap(random(i, 20_000)))).isEqualTo(20_000);
      }
      assertThat(first[0].write(ByteBuffer.wrap(random(5, 10)))).isEqualTo(10);
      rig.until(() -> rig.receivedInAll() == 50 * 20_000 + 50);
      for (int i = 1; i <= 50; i++) {
        assertThat(rig.received(i)).isEqualTo(random(i, 20_000));
      }
      assertThat(rig.copies).isPositive();
      byte[] kept = new byte[10];
      rig.retained.getFirst().buffer().get(0, kept);
      assertThat(kept).as("what was retained is not written over").isEqualTo(random(1, 10));

      rig.retained.forEach(Chunk::release);
      rig.retains = false;
      for (int i = 1; i <= 50; i++) {
        rig.driver.cancel(i, RECEIVE);
      }
      rig.until(() -> rig.finals.size() == 50);
      int copies = rig.copies;
      rig.driver.receive(1, pairs.getFirst()[1], 1 << 20);
      assertThat(pairs.getFirst()[0].write(ByteBuffer.wrap(new byte[10]))).isEqualTo(10);
      rig.until(() -> rig.receivedInAll() == 50 * 20_000 + 60);
      assertThat(rig.copies).as("buffers again").isEqualTo(copies);
    }
  }

  @ParameterizedTest
  @EnumSource
  void closedListenerFreesItsPortThoughAnAcceptWasArmed(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, SMALL)) {
      Listener listener = rig.listen();
      SocketAddress address = listener.localAddress();
      rig.driver.accept(1, (ListenerBase) listener, 10);
      rig.turn(Duration.ZERO);
      rig.driver.cancel(1, ACCEPT);
      rig.until(() -> !rig.finals.isEmpty());
      listener.close();
      assertThatThrownBy(() -> rig.connect(listener)).isInstanceOf(IOException.class);
      Listener again = rig.backend.listen(address, 10);
      StreamBase client = rig.connect(again);
      rig.driver.accept(2, (ListenerBase) again, 10);
      rig.until(() -> rig.accepted.size() == 1);
      assertThat(rig.accepted.getFirst().remoteAddress()).isEqualTo(client.localAddress());
      rig.driver.cancel(2, ACCEPT);
      rig.until(() -> rig.finals.size() == 2);
      again.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void connectionsThatOvertakeTheCreditAreNotLost(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, new RingSize(64, 128, 4))) {
      List<StreamBase> clients = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        clients.add(rig.connect(rig.listener));
      }
      int rounds = 0;
      while (rig.accepted.size() < 20) {
        rig.driver.accept(1, (ListenerBase) rig.listener, 3);
        int before = rig.accepted.size();
        int finals = ++rounds;
        rig.until(() -> rig.finals.size() == finals || rig.accepted.size() == 20);
        assertThat(rig.accepted.size() - before).isBetween(1, 3);
      }
      List<SocketAddress> remotes = new ArrayList<>();
      for (StreamBase connection : rig.accepted) {
        remotes.add(connection.remoteAddress());
      }
      for (StreamBase client : clients) {
        assertThat(remotes).contains(client.localAddress());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void connectionsThatWereGivenBackAreClosedWithTheirListener(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, new RingSize(64, 128, 4))) {
      Listener listener = rig.listen();
      List<StreamBase> clients = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        clients.add(rig.connect(listener));
      }
      rig.driver.accept(1, (ListenerBase) listener, 1);
      rig.until(() -> !rig.finals.isEmpty());
      listener.close();
      rig.accepted.getFirst().close();
      for (StreamBase client : clients) {
        Sockets.awaitEnd(client);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void sendIsShortAndGoesOnWhereItStopped(Kernel kernel) throws Exception {
    byte[] data = random(7, 8 << 20);
    try (RingRig rig = rig(kernel, SMALL)) {
      StreamBase[] pair = rig.pair();
      ByteBuffer memory = ByteBuffer.allocateDirect(data.length).put(data).flip();
      Chunk chunk = new Chunk(memory, _ -> {}, 0);
      CompletableFuture<byte[]> read = Sockets.readAll(pair[1], data.length);
      int sends = 0;
      while (memory.hasRemaining()) {
        assertThat(rig.driver.send(1, pair[0], chunk)).isEqualTo(Status.IN_FLIGHT);
        int expected = ++sends;
        rig.until(() -> rig.sent.size() == expected);
        memory.position(memory.position() + rig.sent.getLast());
      }
      assertThat(sends).isGreaterThan(1);
      assertThat(read.join()).isEqualTo(data);
    }
  }

  /// Two calls wait when a reset comes: the one that is woken first is told, the other sees an end.
  @ParameterizedTest
  @EnumSource
  void endOfAResetStreamIsNotToldBeforeTheSendThatKnows(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, SMALL)) {
      rig.retains = true;
      StreamBase[] pair = rig.pair();
      rig.driver.receive(1, pair[1], 1 << 20);
      for (int i = 1; i <= 5; i++) { // no buffer is left then: a poll waits instead
        assertThat(pair[0].write(ByteBuffer.wrap(new byte[1]))).isOne();
        int expected = i;
        rig.until(() -> rig.receivedInAll() == expected);
      }
      ByteBuffer memory = ByteBuffer.allocateDirect(16 << 20);
      Chunk chunk = new Chunk(memory, _ -> {}, 0);
      assertThat(rig.driver.send(1, pair[1], chunk)).isEqualTo(Status.IN_FLIGHT);
      rig.turn(A_WHILE);
      while (!rig.sent.isEmpty()) { // what the sockets hold; the next one waits
        memory.position(memory.position() + rig.sent.getLast());
        rig.sent.clear();
        assertThat(rig.driver.send(1, pair[1], chunk)).isEqualTo(Status.IN_FLIGHT);
        rig.turn(A_WHILE);
      }
      pair[0].abort();
      rig.until(() -> !rig.finals.isEmpty());
      if (rig.finals.getFirst().status() == Status.END) {
        assertThat(rig.sent).containsExactly(Status.RESET);
      } else {
        assertThat(rig.finals.getFirst().status()).isEqualTo(Status.RESET);
      }
      rig.until(() -> !rig.sent.isEmpty());
    }
  }

  @ParameterizedTest
  @EnumSource
  void closeLetsGoOfAListenerWhoseConnectionsWereGivenBack(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, SMALL)) {
      ListenerBase listener = (ListenerBase) rig.listen();
      SocketAddress address = listener.localAddress();
      StreamBase client = rig.connect(listener);
      Select.select(List.of(listener), List.of(), List.of(), Duration.ofSeconds(20));
      listener.giveBack(Objects.requireNonNull(listener.tryAccept()));
      rig.driver.accept(1, listener, 1);
      rig.driver.close();
      listener.close();
      Sockets.awaitEnd(client);
      rig.backend.listen(address, 1).close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void closeEndsWhatIsInProgressBeforeItsMemoryIsFreed(Kernel kernel) throws Exception {
    int before = descriptors();
    for (int i = 0; i < 50; i++) {
      closeWithEverythingInProgress(kernel);
    }
    // A leak would be 50 at least. select keeps up to 8 from call to call.
    assertThat(descriptors()).isBetween(before - 8, before + 8);
  }

  private static void closeWithEverythingInProgress(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, SMALL)) {
      StreamBase[] pair = rig.pair();
      Chunk chunk = new Chunk(ByteBuffer.allocateDirect(8 << 20), _ -> {}, 0);
      assertThat(rig.driver.send(1, pair[0], chunk)).isEqualTo(Status.IN_FLIGHT);
      rig.driver.receive(1, pair[0], 1 << 20);
      rig.driver.receive(2, pair[1], 1);
      rig.driver.poll(3, pair[0], Interest.EXCEPTIONAL.mask());
      rig.driver.accept(4, (ListenerBase) rig.listener, 10);
      rig.turn(Duration.ZERO);
      StreamBase ghost = rig.connect(rig.listener);
      rig.driver.close();
      rig.listener.close();
      Sockets.awaitEnd(ghost);
    }
  }

  @ParameterizedTest
  @EnumSource
  void closedSourceIsFreedWhenItsLastRequestHasEnded(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, SMALL)) {
      StreamBase[] pair = rig.pair();
      rig.driver.receive(1, pair[0], 1 << 20);
      rig.turn(Duration.ZERO);
      pair[0].close();
      assertThat(pair[1].read(ByteBuffer.allocate(1))).as("no end yet").isZero();
      Path number = Path.of("/proc/self/fd/" + ((LinuxSource) pair[0]).fd());
      assertThat(number).as("not another's yet").isSymbolicLink();
      rig.driver.cancel(1, RECEIVE);
      rig.until(() -> !rig.finals.isEmpty());
      Sockets.awaitEnd(pair[1]);
    }
  }

  @ParameterizedTest
  @EnumSource
  void receiveBringsNoMoreThanItsCreditAndABuffer(Kernel kernel) throws Exception {
    try (RingRig rig = rig(kernel, new RingSize(64, 128, 64))) {
      StreamBase[] pair = rig.pair();
      byte[] flood = random(9, 200_000);
      assertThat(pair[0].write(ByteBuffer.wrap(flood))).isPositive();
      rig.driver.receive(1, pair[1], 50_000);
      rig.until(() -> !rig.finals.isEmpty());
      assertThat(rig.finals).containsExactly(new Final(1, RECEIVE, Status.CREDIT));
      assertThat(rig.received(1).length).isBetween(50_000, 50_000 + Buffers.BYTES);
      rig.turn(A_WHILE);
      assertThat(rig.received(1).length).isLessThanOrEqualTo(50_000 + Buffers.BYTES);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"V6_17", "V6_1"})
  void anotherThreadIsRefusedWithTheReason(Kernel kernel) throws Exception {
    RingRig rig = CompletableFuture.supplyAsync(() -> open(kernel), Sockets.NEW_THREAD).join();
    StreamBase[] pair = rig.pair();
    rig.driver.poll(1, pair[0], Interest.READ.mask());
    assertThat(rig.driver.run(0, rig)).isEqualTo(Status.OTHER);
    assertThat(rig.driver.failure()).hasMessage("io_uring_enter: EEXIST (17)");
    rig.close();
  }

  private static RingRig open(Kernel kernel) {
    try {
      return rig(kernel, SMALL);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
