package sluice.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import sluice.internal.loop.SystemHost;

class ChunkTest {
  private final ChunkPool pool = new ChunkPool(SystemHost.INSTANCE);
  private final Chunk whole = pool.take();

  private Chunk slice(int from, int to) {
    whole.buffer().limit(to).position(from);
    return whole.slice();
  }

  @Test
  void sliceHasTheBytesBetweenPositionAndLimitAndRoomForMore() {
    whole.buffer().put(7, (byte) 42);
    Chunk slice = slice(7, 10);

    assertThat(slice.buffer()).isEqualTo(ByteBuffer.wrap(new byte[] {42, 0, 0}));
    assertThat(slice.buffer().capacity()).isEqualTo(ChunkPool.CHUNK_BYTES - 7);
    assertThat(slice.isSlice()).isTrue();
    assertThat(slice.isShared()).isFalse();
    assertThat(whole.isSlice()).isFalse();
  }

  @Test
  void sliceOfASliceIsWhereItsBytesAre() {
    whole.keepAddress(1000);
    Chunk slice = slice(7, 10);
    slice.buffer().position(2);
    Chunk inner = slice.slice();

    assertThat(inner.address()).isEqualTo(1009);
    assertThat(slice(5, 9).isFollowedBy(inner)).isTrue();
    assertThat(slice(5, 8).isFollowedBy(inner)).isFalse();
    assertThat(whole.holders()).isEqualTo(5);
  }

  @Test
  void addressOfOneSliceIsThatOfAll() {
    Chunk slice = slice(7, 10);
    assertThat(slice.address()).isZero();
    slice.keepAddress(1007);
    assertThat(whole.address()).isEqualTo(1000);
    assertThat(slice(3, 4).address()).isEqualTo(1003);
  }

  @Test
  void slicesOfDifferentChunksDoNotFollow() {
    Chunk other = pool.take();
    other.buffer().position(8);
    assertThat(slice(0, 8).isFollowedBy(other.slice())).isFalse();
  }

  @Test
  void memoryGoesBackWhenTheLastIsReleased() {
    Chunk slice = slice(0, 2);
    Chunk inner = slice.slice();
    whole.release();
    slice.release();
    assertThat(inner.holders()).isEqualTo(1);
    assertThat(pool.outstanding()).isEqualTo(1);
    inner.release();
    assertThat(pool.outstanding()).isZero();
    assertThat(pool.take().holders()).isEqualTo(1);
  }

  @Test
  void isNotReleasedTwiceThoughSlicesHoldIt() {
    Chunk slice = slice(0, 2);
    whole.release();
    assertThatThrownBy(whole::release).isInstanceOf(IllegalStateException.class);
    slice.release();
    assertThatThrownBy(slice::release).isInstanceOf(IllegalStateException.class);
    assertThat(pool.outstanding()).isZero();
  }

  @Test
  void sharedChunkIsNotSliced() {
    Chunk shared = Chunk.shared(SystemHost.INSTANCE, 16);
    assertThatThrownBy(shared::slice).isInstanceOf(IllegalStateException.class);
  }
}
