package sluice.server;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;

/// Bytes in order, in chunks. Small pieces share a chunk. The limit of a chunk's buffer is where
/// its bytes end. Confined to its loop.
final class OutputQueue {
  private final Supplier<Chunk> source;
  private final Runnable released;
  private final ArrayDeque<Chunk> chunks = new ArrayDeque<>(2);
  private int headStart;
  private long bytes;

  /// Makes an empty queue.
  ///
  /// @param source where chunks come from
  /// @param released told after chunks went back
  OutputQueue(Supplier<Chunk> source, Runnable released) {
    this.source = source;
    this.released = released;
  }

  long bytes() {
    return bytes;
  }

  /// Returns how much memory it holds, which is not always full.
  int heldBytes() {
    return chunks.size() * ChunkPool.CHUNK_BYTES;
  }

  boolean isEmpty() {
    return bytes == 0;
  }

  /// Copies all of `src` to the end.
  void append(ByteBuffer src) {
    while (src.hasRemaining()) {
      Chunk tail = chunks.peekLast();
      if (tail == null || tail.buffer().limit() == tail.buffer().capacity()) {
        tail = source.get();
        tail.buffer().limit(0);
        chunks.addLast(tail);
      }
      ByteBuffer buffer = tail.buffer();
      int end = buffer.limit();
      int count = Math.min(src.remaining(), buffer.capacity() - end);
      buffer.limit(end + count).put(end, src, src.position(), count);
      src.position(src.position() + count);
      bytes += count; // not earlier: there may be no memory for the next chunk
    }
  }

  /// Adds the bytes between the position and limit of `lent` without copying them. Only to a queue
  /// that is empty.
  void retain(Chunk lent) {
    lent.retain();
    chunks.addLast(lent);
    headStart = lent.buffer().position();
    bytes = lent.buffer().remaining();
  }

  /// Returns the first chunk, its buffer set to the bytes that are next.
  Chunk head() {
    Chunk head = chunks.getFirst();
    head.buffer().position(headStart);
    return head;
  }

  /// Drops `count` bytes of [#head], which were sent.
  void advance(int count) {
    Chunk head = chunks.getFirst();
    headStart += count;
    bytes -= count;
    if (headStart == head.buffer().limit()) {
      chunks.removeFirst();
      head.release();
      released.run();
      headStart = 0;
    }
  }

  void clear() {
    chunks.forEach(Chunk::release);
    chunks.clear();
    released.run();
    headStart = 0;
    bytes = 0;
  }
}
