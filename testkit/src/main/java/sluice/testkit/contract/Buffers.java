package sluice.testkit.contract;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Buffers of every kind that callers may have, with the same ten bytes, or room for them.
final class Buffers {
  private static final byte[] TEXT = "0123456789".getBytes(StandardCharsets.US_ASCII);

  private Buffers() {}

  /// What each of [#full] holds.
  static ByteBuffer text() {
    return ByteBuffer.wrap(TEXT);
  }

  /// Duplicate them before use.
  static List<ByteBuffer> full() {
    ByteBuffer direct = ByteBuffer.allocateDirect(TEXT.length).put(TEXT).flip();
    return List.of(
        text(),
        direct.duplicate(),
        text().asReadOnlyBuffer(),
        direct.asReadOnlyBuffer(),
        BackendContract.bytes("ab0123456789").slice(2, 10),
        BackendContract.bytes("ab0123456789cd").slice(2, 10),
        BackendContract.bytes("ab0123456789cd").position(2).limit(12),
        direct.slice(0, 10));
  }

  /// Duplicate them before use.
  static List<ByteBuffer> empty() {
    return List.of(
        ByteBuffer.allocate(10),
        ByteBuffer.allocateDirect(10),
        ByteBuffer.allocate(20).slice(5, 10),
        ByteBuffer.allocateDirect(20).slice(5, 10),
        ByteBuffer.allocateDirect(20).position(5).limit(15));
  }
}
