package sluice.server;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;

/// What is written to many clients of a loop at once, while that is done. Confined to the loop.
final class Broadcast implements AutoCloseable {
  private final BroadcastStore store;
  private final ByteBuffer data;
  private @Nullable List<Chunk> pieces;

  Broadcast(BroadcastStore store, ByteBuffer data) {
    this.store = store;
    this.data = data.duplicate(); // whoever chooses clients may read the other
  }

  int bytes() {
    return data.remaining();
  }

  /// Returns all of it, for one reader.
  ByteBuffer data() {
    return data.duplicate();
  }

  /// Returns it as it is kept for all, from the first call on. Who wants to hold a piece longer
  /// than this slices it.
  List<Chunk> pieces() {
    List<Chunk> present = pieces;
    if (present == null) {
      present = new ArrayList<>(data.remaining() / ChunkPool.CHUNK_BYTES + 2);
      pieces = present;
      try {
        store.add(data(), present);
      } catch (Throwable t) { // there is no memory for it
        close();
        throw t;
      }
    }
    return present;
  }

  @Override
  public void close() {
    if (pieces != null) {
      pieces.forEach(Chunk::release);
      pieces = null;
      store.released();
    }
  }
}
