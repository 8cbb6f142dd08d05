package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import sluice.internal.loop.SystemHost;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;

class BroadcastTest {
  private static final int PIECE = ChunkPool.CHUNK_BYTES;
  private static final int QUEUES = 4;
  private static final int STEPS = 20_000;
  private static final int ROUNDS = 20;

  private final ChunkPool pool = new ChunkPool(SystemHost.INSTANCE);
  private final BroadcastStore store = new BroadcastStore(this::take, () -> {});
  private final OutputQueue first = queue();
  private final OutputQueue second = queue();
  private boolean exhausted;
  private int said;

  private Chunk take() {
    if (exhausted) {
      throw new OutOfMemoryError("as the test wants");
    }
    return pool.take();
  }

  private OutputQueue queue() {
    return new OutputQueue(this::take, store::released);
  }

  /// Returns bytes that were not said before.
  private byte[] words(int count) {
    byte[] words = new byte[count];
    for (int i = 0; i < count; i++) {
      words[i] = (byte) (said + (said >> 8) + (said++ >> 16));
    }
    return words;
  }

  private byte[] broadcast(int count, OutputQueue... to) {
    byte[] words = words(count);
    try (Broadcast broadcast = new Broadcast(store, ByteBuffer.wrap(words))) {
      for (OutputQueue queue : to) {
        queue.append(broadcast);
      }
    }
    return words;
  }

  private static byte[] drain(OutputQueue queue, int most) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    while (!queue.isEmpty()) {
      byte[] next = new byte[Math.min(queue.head().buffer().remaining(), most)];
      queue.head().buffer().get(next);
      all.writeBytes(next);
      queue.advance(next.length);
    }
    return all.toByteArray();
  }

  @Test
  void isHeldOnceForAll() {
    broadcast(2 * PIECE, first, second);
    assertThat(pool.outstanding()).isEqualTo(2);
    assertThat(first.heldBytes() + second.heldBytes()).isLessThanOrEqualTo(2 * PIECE);
    assertThat(drain(first, PIECE)).isEqualTo(drain(second, 7));
    assertThat(pool.outstanding()).isZero();
  }

  @Test
  void sharesOfManyAddUpToWhatIsHeld() {
    OutputQueue[] many =
        IntStream.range(0, 2 * PIECE).mapToObj(_ -> queue()).toArray(OutputQueue[]::new);
    broadcast(1, many);
    assertThat(Stream.of(many).mapToLong(OutputQueue::heldBytes).sum())
        .isBetween((long) PIECE, 2L * PIECE);
  }

  @Test
  void nextOneFollowsInTheSameChunk() {
    broadcast(100, first, second);
    broadcast(100, first);
    assertThat(first.head().buffer().remaining()).isEqualTo(200);
    assertThat(second.head().buffer().remaining()).isEqualTo(100);
    assertThat(pool.outstanding()).isEqualTo(1);
  }

  @Test
  void oneThatDoesNotFollowIsCopied() {
    broadcast(100, first, second);
    broadcast(100, second);
    broadcast(100, first, second);
    assertThat(second.head().buffer().remaining()).isEqualTo(300);
    assertThat(first.head().buffer().remaining()).isEqualTo(100);
    assertThat(first.bytes()).isEqualTo(200);
    assertThat(pool.outstanding()).isEqualTo(2);
  }

  @Test
  void ownBytesAreNeverWrittenIntoWhatOthersHold() {
    byte[] common = broadcast(100, first, second);
    byte[] own = words(50);
    first.append(ByteBuffer.wrap(own));
    byte[] next = broadcast(100, first, second);
    assertThat(drain(second, PIECE)).startsWith(common).endsWith(next).hasSize(200);
    assertThat(drain(first, PIECE)).startsWith(common).containsSubsequence(own).endsWith(next);
    assertThat(pool.outstanding()).isZero();
  }

  @Test
  void queueOfFewBroadcastsHoldsAtMostTwiceTheirMemory() {
    for (int i = 0; i < 100 * PIECE / 64; i++) {
      broadcast(64, i % 100 == 0 ? new OutputQueue[] {first, second} : new OutputQueue[] {second});
    }
    second.clear();
    assertThat(first.bytes()).isEqualTo(PIECE);
    assertThat(pool.outstanding()).isLessThanOrEqualTo(3); // two of which are not full
  }

  @Test
  void failsForOneAfterTheOtherWhileThereIsNoMemoryAndHoldsNothing() {
    exhausted = true;
    for (OutputQueue queue : List.of(first, second)) {
      assertThatThrownBy(() -> broadcast(10, queue)).isInstanceOf(OutOfMemoryError.class);
    }
    try (Broadcast broadcast = new Broadcast(store, ByteBuffer.wrap(words(10)))) {
      assertThatThrownBy(() -> first.append(broadcast)).isInstanceOf(OutOfMemoryError.class);
      exhausted = false;
      second.append(broadcast);
    }
    assertThat(first.isEmpty()).isTrue();
    assertThat(drain(second, PIECE)).hasSize(10);
    assertThat(pool.outstanding()).isZero();
  }

  @Test
  void everyQueueGetsItsOwnBytesInOrder() {
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(round);
      List<OutputQueue> queues = IntStream.range(0, QUEUES).mapToObj(_ -> queue()).toList();
      List<ByteArrayOutputStream> expected = new ArrayList<>();
      List<ByteArrayOutputStream> actual = new ArrayList<>();
      for (int i = 0; i < QUEUES; i++) {
        expected.add(new ByteArrayOutputStream());
        actual.add(new ByteArrayOutputStream());
      }
      for (int step = 0; step < STEPS / ROUNDS; step++) {
        int one = random.nextInt(QUEUES);
        OutputQueue queue = queues.get(one);
        switch (random.nextInt(3)) {
          case 0 -> {
            byte[] own = words(random.nextInt(PIECE / 4));
            queue.append(ByteBuffer.wrap(own));
            expected.get(one).writeBytes(own);
          }
          case 1 -> {
            byte[] common =
                broadcast(random.nextInt(2 * PIECE), queues.toArray(OutputQueue[]::new));
            expected.forEach(bytes -> bytes.writeBytes(common));
          }
          default -> actual.get(one).writeBytes(take(queue, random));
        }
      }
      for (int i = 0; i < QUEUES; i++) {
        actual.get(i).writeBytes(drain(queues.get(i), PIECE));
        assertThat(actual.get(i).toByteArray()).isEqualTo(expected.get(i).toByteArray());
      }
      assertThat(pool.outstanding()).isZero();
    }
  }

  /// Takes a part of the queue, and more the longer it is.
  private static byte[] take(OutputQueue queue, Random random) {
    ByteArrayOutputStream taken = new ByteArrayOutputStream();
    for (int i = random.nextInt(6); i > 0 && !queue.isEmpty(); i--) {
      byte[] some = new byte[random.nextInt(queue.head().buffer().remaining()) + 1];
      queue.head().buffer().get(some);
      taken.writeBytes(some);
      queue.advance(some.length);
    }
    return taken.toByteArray();
  }
}
