package sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sluice.internal.loop.SystemHost;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;

class OutputQueueTest {
  private final ChunkPool pool = new ChunkPool(SystemHost.INSTANCE);
  private final OutputQueue queue = new OutputQueue(pool::take, () -> {});

  @Test
  void appendsToTheChunkThatIsBeingSent() {
    queue.append(ByteBuffer.wrap(new byte[] {1, 2}));
    assertThat(queue.head().buffer().remaining()).isEqualTo(2);
    queue.append(ByteBuffer.wrap(new byte[] {3}));

    assertThat(queue.bytes()).isEqualTo(3);
    ByteBuffer head = queue.head().buffer();
    assertThat(new byte[] {head.get(), head.get(), head.get()}).containsExactly(1, 2, 3);
    queue.advance(3);
    assertThat(pool.outstanding()).isZero();
  }

  @Test
  void keptChunkGoesOnBehindWhatWasSentOfIt() {
    Chunk lent = pool.take();
    lent.buffer().put(new byte[] {1, 2, 3}).flip().position(1);
    queue.retain(lent);

    assertThat(queue.bytes()).isEqualTo(2);
    assertThat(queue.head().buffer().get()).isEqualTo((byte) 2);
    queue.advance(2);
    assertThat(pool.outstanding()).isZero();
  }

  @Test
  void tellsOfEachChunkThatWentBackThoughMoreIsLeft() {
    AtomicInteger told = new AtomicInteger();
    OutputQueue twoChunks = new OutputQueue(pool::take, told::incrementAndGet);
    twoChunks.append(ByteBuffer.allocate(ChunkPool.CHUNK_BYTES + 1));
    twoChunks.advance(ChunkPool.CHUNK_BYTES);
    assertThat(told).hasValue(1);
    assertThat(pool.outstanding()).isEqualTo(1);
    twoChunks.clear();
  }
}
