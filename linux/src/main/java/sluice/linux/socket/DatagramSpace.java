package sluice.linux.socket;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// Native memory through which the datagrams of one socket pass.
///
/// A call on the caller's own buffer needs a `MemorySegment` of it, which the JIT avoids to
/// allocate only as long as all buffers it has seen are of one kind. A copy never allocates.
final class DatagramSpace {
  /// The length field of a datagram has 16 bits ([RFC 768](https://www.rfc-editor.org/rfc/rfc768)).
  static final int BYTES_MAX = 65_535;

  private static final int BYTES_MIN = 2 * 1024;

  private ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES_MIN);
  private MemorySegment segment = MemorySegment.ofBuffer(bytes);

  /// Makes room for `count` bytes, but for no more than a datagram has. What was there is lost.
  void reserve(int count) {
    int wanted = Math.min(count, BYTES_MAX);
    if (wanted > bytes.capacity()) {
      bytes = ByteBuffer.allocateDirect(Integer.highestOneBit(wanted - 1) << 1);
      segment = MemorySegment.ofBuffer(bytes);
    }
  }

  /// Returns the memory, all of it.
  MemorySegment segment() {
    return segment;
  }

  /// Copies what remains in `src`, for which there must be room, and moves nothing.
  void put(ByteBuffer src) {
    bytes.put(0, src, src.position(), src.remaining());
  }

  /// Copies as many of the first `count` bytes into `dst` as it has room for.
  void take(ByteBuffer dst, int count) {
    int stored = Math.min(count, dst.remaining());
    dst.put(dst.position(), bytes, 0, stored);
    dst.position(dst.position() + stored);
  }
}
