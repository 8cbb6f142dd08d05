package sluice.server;

import sluice.spi.Chunk;
import sluice.spi.ChunkPool;

/// What the connections of one loop hold, against its share of [Limits#memory]. Confined to the
/// loop, except [#isShort].
///
/// The nearer it comes to the share, the less is allowed; a step that was taken is taken back when
/// a tenth less is held.
final class Memory {
  private static final int TIGHT_PERCENT = 80;
  private static final int SHORT_PERCENT = 90;
  private static final int EVICT_PERCENT = 95;
  private static final int BACK_PERCENT = 10;

  /// How many are closed before it is seen how much that has freed.
  private static final int EVICTIONS_PER_TURN = 16;

  private final Worker worker;
  private final ChunkPool chunks;

  /// A hundredth of the share.
  private final long percent;

  private long frameBytes;
  private int highWatermark = Bounds.OUTPUT_HIGH_BYTES;
  private volatile boolean isShort;
  private boolean evicting;

  Memory(Worker worker, long share) {
    this.worker = worker;
    this.chunks = worker.loop().chunks();
    this.percent = share > 0 ? share / 100 : Long.MAX_VALUE / 100;
  }

  private long used() {
    return (long) chunks.outstanding() * ChunkPool.CHUNK_BYTES + frameBytes;
  }

  /// Takes a chunk.
  Chunk take() {
    Chunk chunk = chunks.take();
    changed();
    return chunk;
  }

  /// Unfinished frames hold so many bytes more.
  void frames(int bytes) {
    if (bytes != 0) {
      frameBytes += bytes;
      changed();
    }
  }

  /// More or less is held than before.
  void changed() {
    long used = used();
    if (used >= TIGHT_PERCENT * percent) {
      highWatermark = Bounds.OUTPUT_LOW_BYTES;
    } else if (used < (TIGHT_PERCENT - BACK_PERCENT) * percent) {
      highWatermark = Bounds.OUTPUT_HIGH_BYTES;
    }
    if (!isShort && used >= SHORT_PERCENT * percent) {
      isShort = true;
    } else if (isShort && used < (SHORT_PERCENT - BACK_PERCENT) * percent) {
      isShort = false;
    }
    if (!evicting && used >= EVICT_PERCENT * percent) {
      evicting = worker.loop().enqueue(this::evict);
    }
  }

  /// Returns how much output may be queued for a client before nothing more is read from it.
  int highWatermark() {
    return highWatermark;
  }

  /// Tells whether new clients are to be refused; from any thread.
  boolean isShort() {
    return isShort;
  }

  /// Tells whether nothing more can be held at all.
  boolean isFull() {
    return used() >= 100 * percent;
  }

  /// Closes those that hold most, until it is enough.
  private void evict() {
    evicting = false;
    long enough = (EVICT_PERCENT - BACK_PERCENT) * percent;
    // Not what is used: those that are ending have not freed theirs yet.
    long left = worker.heldBytes();
    if (left < enough) {
      return;
    }
    for (ServerConnection largest : worker.largest(EVICTIONS_PER_TURN)) {
      left -= largest.heldBytes();
      largest.close(CloseReason.EVICTED, true);
      if (left < enough) {
        return;
      }
    }
  }
}
