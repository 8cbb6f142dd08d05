package sluice.spi;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A piece of off-heap memory with one owner at a time. Confined to the loop of its pool.
///
/// A chunk that nobody wants back is *shared*: its owner lends it for the length of one callback
/// and then overwrites it, so whoever needs the bytes longer copies them. Any other chunk that is
/// lent can be kept, by [#retain].
public final class Chunk {
  /// Where a chunk goes back to.
  @FunctionalInterface
  public interface Home {
    /// Takes it back.
    void put(Chunk chunk);
  }

  private final ByteBuffer buffer;
  private final ByteBuffer view;
  private final @Nullable Home home;
  private final int index;
  private long address;
  private boolean free;
  private boolean retained;

  /// Makes one.
  ///
  /// @param home where it goes back to; null if it is shared
  /// @param index its place there
  public Chunk(ByteBuffer buffer, @Nullable Home home, int index) {
    this.buffer = buffer;
    this.view = buffer.asReadOnlyBuffer();
    this.home = home;
    this.index = index;
  }

  /// Returns a chunk of `capacity` bytes that its driver lends to one callback after another.
  public static Chunk shared(Host host, int capacity) {
    return new Chunk(host.allocate(capacity), null, 0);
  }

  /// Returns its place where it goes back to.
  public int index() {
    return index;
  }

  /// Returns what [#keepAddress] was told, or 0.
  public long address() {
    return address;
  }

  /// Keeps where the first of its bytes is, for a backend whose system is told addresses.
  public void keepAddress(long value) {
    address = value;
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
    return home == null;
  }

  /// Makes a chunk that was lent the borrower's own, who [#release]s it some time.
  ///
  /// @throws IllegalStateException if it is shared
  public void retain() {
    if (home == null) {
      throw new IllegalStateException("chunk is shared");
    }
    retained = true;
  }

  /// Tells whether a borrower has made it its own.
  public boolean isRetained() {
    return retained;
  }

  /// Gives the chunk back to its pool. The caller must not touch it any more.
  ///
  /// @throws IllegalStateException if it was given back already, or is shared
  public void release() {
    Home owner = home;
    if (owner == null || free) {
      throw new IllegalStateException(owner == null ? "chunk is shared" : "chunk released twice");
    }
    free = true;
    retained = false;
    owner.put(this);
  }

  /// Returns this, taken from where it was released to, empty and with its whole capacity before
  /// it.
  public Chunk take() {
    free = false;
    buffer.clear();
    return this;
  }
}
