package sluice.server;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;

/// Bytes in order, in pooled chunks. Small pieces share a chunk. Confined to its loop.
final class OutputQueue {
  private final ChunkPool pool;
  private final ArrayDeque<Chunk> chunks = new ArrayDeque<>(2);
  private int headStart;
  private int tailEnd;
  private long bytes;

  OutputQueue(ChunkPool pool) {
    this.pool = pool;
  }

  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return bytes == 0;
  }

  /// Copies all of `src` to the end.
  void append(ByteBuffer src) {
    while (src.hasRemaining()) {
      Chunk tail = chunks.peekLast();
      if (tail == null || tailEnd == tail.buffer().capacity()) {
        tail = pool.take();
        chunks.addLast(tail);
        tailEnd = 0;
      }
      int count = Math.min(src.remaining(), tail.buffer().capacity() - tailEnd);
      // If it is the head, too, its limit is where the bytes ended when it was last sent from.
      tail.buffer().limit(tail.buffer().capacity()).put(tailEnd, src, src.position(), count);
      src.position(src.position() + count);
      tailEnd += count;
      bytes += count; // not earlier: there may be no memory for the next chunk
    }
  }

  /// Returns the first chunk, its buffer set to the bytes that are next.
  Chunk head() {
    Chunk head = chunks.getFirst();
    head.buffer().limit(end(head)).position(headStart);
    return head;
  }

  /// Drops `count` bytes of [#head], which were sent.
  void advance(int count) {
    Chunk head = chunks.getFirst();
    headStart += count;
    bytes -= count;
    if (headStart == end(head)) {
      chunks.removeFirst();
      head.release();
      headStart = 0;
    }
  }

  private int end(Chunk chunk) {
    return chunk == chunks.peekLast() ? tailEnd : chunk.buffer().capacity();
  }

  void clear() {
    chunks.forEach(Chunk::release);
    chunks.clear();
    headStart = 0;
    bytes = 0;
  }
}
