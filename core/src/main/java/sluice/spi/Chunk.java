package sluice.spi;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A piece of off-heap memory with one owner at a time. Confined to the loop of its pool.
///
/// A chunk without a pool is *shared*: its owner lends it for the length of one callback and then
/// overwrites it, so whoever needs the bytes longer copies them.
public final class Chunk {
  private final ByteBuffer buffer;
  private final ByteBuffer view;
  private final @Nullable ChunkPool pool;
  private boolean free;

  Chunk(ByteBuffer buffer, @Nullable ChunkPool pool) {
    this.buffer = buffer;
    this.view = buffer.asReadOnlyBuffer();
    this.pool = pool;
  }

  /// Returns a chunk of `capacity` bytes that its driver lends to one callback after another.
  public static Chunk shared(Host host, int capacity) {
    return new Chunk(host.allocate(capacity), null);
  }

  /// Returns the bytes; position and limit are the owner's.
  public ByteBuffer buffer() {
    return buffer;
  }

  /// Returns the same bytes, read-only, as a fresh borrower finds them: with the position and limit
  /// of [#buffer], big-endian. Always the same object.
  public ByteBuffer view() {
    return view.clear().limit(buffer.limit()).position(buffer.position()).order(BIG_ENDIAN);
  }

  /// Tells whether `other` is what [#view] returns.
  @SuppressWarnings("ReferenceEquality") // the very object
  public boolean isView(ByteBuffer other) {
    return other == view;
  }

  /// Tells whether the bytes are valid only during the current callback.
  public boolean isShared() {
    return pool == null;
  }

  /// Gives the chunk back to its pool. The caller must not touch it any more.
  ///
  /// @throws IllegalStateException if it was given back already, or is shared
  public void release() {
    ChunkPool owner = pool;
    if (owner == null || free) {
      throw new IllegalStateException(owner == null ? "chunk is shared" : "chunk released twice");
    }
    free = true;
    owner.put(this);
  }

  Chunk take() {
    free = false;
    buffer.clear();
    return this;
  }
}
