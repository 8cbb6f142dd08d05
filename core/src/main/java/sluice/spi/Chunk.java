package sluice.spi;

import static java.nio.ByteOrder.BIG_ENDIAN;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A piece of off-heap memory with one owner at a time, slices apart. Confined to the loop of its
/// pool.
///
/// A chunk that nobody wants back is *shared*: its owner lends it for the length of one callback
/// and then overwrites it, so whoever needs the bytes longer copies them. Any other chunk that is
/// lent can be kept, by [#retain].
///
/// What several owners need at the same time is cut into slices, by [#slice]: each has an owner of
/// its own, and the memory goes back when the last was released.
public final class Chunk {
  /// Where a chunk goes back to.
  @FunctionalInterface
  public interface Home {
    /// Takes it back.
    void put(Chunk chunk);
  }

  private final ByteBuffer buffer;
  private final @Nullable Home home;
  private final int index;

  /// What this is a slice of, and where it begins there; null if it is none.
  private final @Nullable Chunk whole;

  private final int start;

  private @Nullable ByteBuffer view;
  private long address;
  private boolean free;

  /// This and its slices, as far as they were not released.
  private int holders = 1;

  private boolean retained;

  /// Makes one.
  ///
  /// @param home where it goes back to; null if it is shared
  /// @param index its place there
  public Chunk(ByteBuffer buffer, @Nullable Home home, int index) {
    this.buffer = buffer;
    this.home = home;
    this.index = index;
    this.whole = null;
    this.start = 0;
  }

  private Chunk(Chunk whole, int start, ByteBuffer buffer) {
    this.buffer = buffer;
    this.home = Chunk::rejoin;
    this.index = 0;
    this.whole = whole;
    this.start = start;
  }

  /// Returns a chunk of `capacity` bytes that its driver lends to one callback after another.
  public static Chunk shared(Host host, int capacity) {
    return new Chunk(host.allocate(capacity), null, 0);
  }

  /// Returns its place where it goes back to.
  public int index() {
    return index;
  }

  /// Returns where the first of its bytes is, as far as [#keepAddress] was told for it, or for any
  /// slice of the same chunk; or 0.
  public long address() {
    if (whole == null) {
      return address;
    }
    return whole.address == 0 ? 0 : whole.address + start;
  }

  /// Keeps where the first of its bytes is, for a backend whose system is told addresses.
  public void keepAddress(long value) {
    if (whole == null) {
      address = value;
    } else {
      whole.address = value - start;
    }
  }

  /// Returns the bytes; position and limit are the owner's.
  public ByteBuffer buffer() {
    return buffer;
  }

  /// Returns the same bytes, read-only, as a fresh borrower finds them: with the position and limit
  /// of [#buffer], big-endian. Always the same object.
  public ByteBuffer view() {
    ByteBuffer made = view;
    if (made == null) {
      view = made = buffer.asReadOnlyBuffer();
    }
    return made.clear().limit(buffer.limit()).position(buffer.position()).order(BIG_ENDIAN);
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
    letGo(owner);
  }

  private void letGo(Home owner) {
    if (--holders == 0) {
      owner.put(this);
    }
  }

  private static void rejoin(Chunk slice) {
    Chunk whole = Objects.requireNonNull(slice.whole);
    whole.letGo(Objects.requireNonNull(whole.home));
  }

  /// Returns the bytes between position and limit as a chunk of its own, which the caller owns. It
  /// has room up to the end of this one: its limit may follow what is written there later.
  ///
  /// @throws IllegalStateException if this is shared
  public Chunk slice() {
    if (home == null) {
      throw new IllegalStateException("chunk is shared");
    }
    Chunk parent = whole == null ? this : whole;
    ByteBuffer part = buffer.duplicate().limit(buffer.capacity()).slice();
    part.limit(buffer.remaining());
    parent.holders++;
    return new Chunk(parent, start + buffer.position(), part);
  }

  /// Tells whether this is a slice of another chunk.
  public boolean isSlice() {
    return whole != null;
  }

  /// Tells whether `next` is of the same chunk and begins where this ends.
  public boolean isFollowedBy(Chunk next) {
    return whole != null && whole == next.whole && start + buffer.limit() == next.start;
  }

  /// Returns how many share the memory: this chunk, or the one it is a slice of, and all the slices
  /// of that.
  public int holders() {
    return whole == null ? holders : whole.holders;
  }

  /// Returns this, taken from where it was released to, empty and with its whole capacity before
  /// it.
  public Chunk take() {
    free = false;
    holders = 1;
    buffer.clear();
    return this;
  }
}
