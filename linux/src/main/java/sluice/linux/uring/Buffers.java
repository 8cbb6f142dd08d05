package sluice.linux.uring;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import sluice.linux.abi.IoUring;
import sluice.linux.abi.IoUringBuf;
import sluice.linux.abi.IoUringBufReg;
import sluice.linux.abi.IoUringBufRing;
import sluice.linux.libc.LibcUring;
import sluice.linux.socket.ChunkMemory;
import sluice.spi.Chunk;
import sluice.spi.Host;

/// The buffers that the kernel receives into, of its own choice, and the ring that hands them over.
///
/// The memory stays reachable as long as this is: the kernel knows only addresses.
final class Buffers implements Chunk.Home {
  /// A buffer must hold a typical read: 2 KiB ones for messages of 16 KiB were five times slower,
  /// and with 16 KiB ones a proxy of 64 KiB chunks cost 1.8 times as much as on epoll. What is not
  /// filled is not touched.
  static final int BYTES = 64 * 1024;

  static final int GROUP = 0;
  private static final long PAGE_BYTES = 4096;

  private final Chunk[] chunks;
  private final MemorySegment ring;
  private final int mask;
  private int tail;
  private int lent;
  private boolean published = true;
  private boolean closed;

  /// Makes `count` buffers, a power of 2.
  Buffers(Host host, Arena arena, int count) {
    chunks = new Chunk[count];
    mask = count - 1;
    ring = arena.allocate(count * IoUringBuf.LAYOUT.byteSize(), PAGE_BYTES);
    ByteBuffer memory = host.allocate(count * BYTES);
    for (int i = 0; i < count; i++) {
      chunks[i] = new Chunk(memory.slice(i * BYTES, BYTES), this, i);
      add(i);
    }
  }

  /// Gives them to a ring: 0 or the negated errno.
  int register(int fd, Arena arena) {
    publish();
    MemorySegment reg = arena.allocate(IoUringBufReg.LAYOUT);
    IoUringBufReg.set(reg, ring.address(), chunks.length, GROUP);
    return LibcUring.io_uring_register(fd, IoUring.IORING_REGISTER_PBUF_RING, reg, 1);
  }

  private void add(int index) {
    IoUringBuf.set(ring, tail & mask, ChunkMemory.address(chunks[index]), BYTES, index);
    tail++;
    published = false;
  }

  /// Lets the kernel see the buffers that came back.
  void publish() {
    if (!published) {
      published = true;
      Ordered.releaseShort(ring, IoUringBufRing.TAIL, tail);
    }
  }

  /// Returns the buffer that the kernel has filled.
  Chunk take(int index) {
    lent++;
    return chunks[index].take();
  }

  @Override
  public void put(Chunk chunk) {
    lent--;
    if (!closed) {
      add(chunk.index());
    }
  }

  /// The kernel uses them no more. Those that are still out may come back.
  void close() {
    closed = true;
  }

  /// Tells whether the kernel has any.
  boolean areLeft() {
    return lent < chunks.length;
  }
}
