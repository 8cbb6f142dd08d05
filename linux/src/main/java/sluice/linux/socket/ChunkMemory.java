package sluice.linux.socket;

import java.lang.foreign.MemorySegment;
import sluice.spi.Chunk;

/// Where the bytes of chunks are.
public final class ChunkMemory {
  private ChunkMemory() {}

  /// Returns the address of the first byte of a chunk that is off the heap. It holds as long as the
  /// chunk is reachable.
  public static long address(Chunk chunk) {
    long known = chunk.address();
    return known != 0 ? known : find(chunk);
  }

  /// Once for each chunk, as this makes an object.
  private static long find(Chunk chunk) {
    MemorySegment memory = MemorySegment.ofBuffer(chunk.buffer().duplicate().clear());
    if (!memory.isNative()) {
      throw new IllegalArgumentException("the chunk is on the heap");
    }
    chunk.keepAddress(memory.address());
    return memory.address();
  }
}
