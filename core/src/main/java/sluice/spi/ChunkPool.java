package sluice.spi;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/// The chunks of one loop. Confined to it.
///
/// Memory is taken from the system a slab at a time and kept until the loop ends: direct buffers
/// that come and go are freed late by the garbage collector, and run out while most of them are
/// garbage.
public final class ChunkPool implements Chunk.Home {
  /// The size of every pooled chunk.
  public static final int CHUNK_BYTES = 16 * 1024;

  private static final int CHUNKS_PER_SLAB = 16;

  private final Host host;
  private final ArrayDeque<Chunk> free = new ArrayDeque<>();
  private int outstanding;

  /// Makes an empty pool whose memory comes from `host`.
  public ChunkPool(Host host) {
    this.host = host;
  }

  /// Takes a chunk, empty and with its whole capacity before it. The caller owns it.
  public Chunk take() {
    if (free.isEmpty()) {
      ByteBuffer slab = host.allocate(CHUNK_BYTES * CHUNKS_PER_SLAB);
      for (int i = 0; i < CHUNKS_PER_SLAB; i++) {
        free.push(new Chunk(slab.slice(i * CHUNK_BYTES, CHUNK_BYTES), this, 0));
      }
    }
    outstanding++;
    return free.pop().take();
  }

  @Override
  public void put(Chunk chunk) {
    outstanding--;
    free.push(chunk);
  }

  /// Returns how many chunks are out; zero when nothing is going on.
  public int outstanding() {
    return outstanding;
  }
}
