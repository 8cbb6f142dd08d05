package sluice.server;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;

/// What was broadcast to the clients of a loop and not taken by all of them: once, however many
/// they are. Confined to the loop.
///
/// Broadcasts lie one behind the other, so that whoever gets all of them holds one slice of a
/// chunk. A chunk goes back when all have taken what is in it.
final class BroadcastStore {
  private final Supplier<Chunk> source;
  private final Runnable released;

  /// Where the next broadcast goes. The limit of its buffer is where the last ends.
  private @Nullable Chunk tail;

  /// Makes an empty one.
  ///
  /// @param source where chunks come from
  /// @param released told after chunks went back
  BroadcastStore(Supplier<Chunk> source, Runnable released) {
    this.source = source;
    this.released = released;
  }

  /// Copies `data` to the end, and adds the pieces in which it lies to `pieces`. They are the
  /// caller's.
  void add(ByteBuffer data, List<Chunk> pieces) {
    while (data.hasRemaining()) {
      Chunk last = tail;
      if (last == null || last.buffer().limit() == ChunkPool.CHUNK_BYTES) {
        last = next();
      }
      ByteBuffer buffer = last.buffer();
      int end = buffer.limit();
      int count = Math.min(data.remaining(), ChunkPool.CHUNK_BYTES - end);
      buffer.limit(end + count).put(end, data, data.position(), count).position(end);
      data.position(data.position() + count);
      pieces.add(last.slice());
    }
  }

  private Chunk next() {
    Chunk next = source.get();
    next.buffer().limit(0);
    if (tail != null) {
      tail.release();
    }
    tail = next;
    return next;
  }

  /// Something of it, or a chunk of somebody else, went back. So does the last chunk if nobody
  /// holds anything of it any more.
  void released() {
    Chunk last = tail;
    if (last != null && last.holders() == 1) {
      tail = null;
      last.release();
    }
    released.run();
  }
}
