package sluice.server;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;

/// Bytes in order, in chunks. Small pieces share a chunk. The limit of a chunk's buffer is where
/// its bytes end. Confined to its loop.
///
/// A broadcast is not copied if it would begin a chunk of its own, or follows the one before it:
/// then the queue holds a slice of what is kept for all. Otherwise it is copied: a queue that gets
/// few of all the broadcasts must not hold a chunk for each.
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

  /// Returns how much memory it holds, which is not always full. What it shares with others counts
  /// for each of them in part.
  long heldBytes() {
    long sum = 0;
    for (Chunk chunk : chunks) {
      sum += Math.ceilDiv(ChunkPool.CHUNK_BYTES, chunk.holders()); // never nothing
    }
    return sum;
  }

  boolean isEmpty() {
    return bytes == 0;
  }

  /// Copies all of `src` to the end.
  void append(ByteBuffer src) {
    while (src.hasRemaining()) {
      Chunk tail = chunks.peekLast();
      if (tail == null || tail.isSlice() || room(tail) == 0) {
        tail = source.get();
        tail.buffer().limit(0);
        chunks.addLast(tail);
      }
      ByteBuffer buffer = tail.buffer();
      int end = buffer.limit();
      int count = Math.min(src.remaining(), room(tail));
      buffer.limit(end + count).put(end, src, src.position(), count);
      src.position(src.position() + count);
      bytes += count; // not earlier: there may be no memory for the next chunk
    }
  }

  /// Adds a broadcast to the end.
  void append(Broadcast broadcast) {
    Chunk tail = chunks.peekLast();
    if (tail != null && !tail.isSlice() && room(tail) >= broadcast.bytes()) {
      append(broadcast.data());
    } else {
      broadcast.pieces().forEach(this::appendPiece);
    }
  }

  private void appendPiece(Chunk piece) {
    Chunk tail = chunks.peekLast();
    int count = piece.buffer().remaining();
    if (tail != null && tail.isFollowedBy(piece)) {
      tail.buffer().limit(tail.buffer().limit() + count);
      bytes += count;
    } else if (tail == null || room(tail) == 0) {
      chunks.addLast(piece.slice());
      bytes += count;
    } else {
      append(piece.buffer().duplicate());
    }
  }

  private static int room(Chunk chunk) {
    return chunk.buffer().capacity() - chunk.buffer().limit();
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
