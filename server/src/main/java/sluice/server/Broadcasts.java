package sluice.server;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import sluice.internal.loop.Failures;

/// What other threads have broadcast to the clients of one worker, in order. [#reserve], [#add] and
/// [#placeIfWaiting] are thread-safe, the rest is confined to the worker's loop.
final class Broadcasts {
  /// A point between two broadcasts.
  static final class Place {
    private boolean reached;
    private final @Nullable Runnable whenReached;

    private Place(@Nullable Runnable whenReached) {
      this.whenReached = whenReached;
    }

    boolean reached() {
      return reached;
    }
  }

  /// A broadcast, or a place.
  private record Item(
      @Nullable ByteBuffer data,
      @Nullable Predicate<? super Connection> to,
      int weight,
      @Nullable Place place) {}

  private final Worker worker;
  private final Queue<Item> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger bytes = new AtomicInteger();

  /// Broadcasts that were added, or are about to be, and not delivered.
  private final AtomicInteger waiting = new AtomicInteger();

  private boolean delivering;

  Broadcasts(Worker worker) {
    this.worker = worker;
  }

  static int weight(ByteBuffer data) {
    return data.remaining() + Bounds.BROADCAST_OVERHEAD_BYTES;
  }

  /// Makes room for `weight` bytes; false if `most` would be exceeded. The first always fits.
  boolean reserve(int weight, int most) {
    if (bytes.addAndGet(weight) > Math.max(weight, most)) {
      bytes.addAndGet(-weight);
      return false;
    }
    return true;
  }

  void unreserve(int weight) {
    bytes.addAndGet(-weight);
  }

  /// Tells whether so much waits that whoever causes it should slow down.
  boolean isFull() {
    return bytes.get() > Bounds.BROADCAST_BYTES_MAX;
  }

  /// Adds a broadcast for which room was reserved. `data` is nobody's to change any more.
  void add(ByteBuffer data, Predicate<? super Connection> to) {
    waiting.incrementAndGet();
    queue.add(new Item(data, to, weight(data), null));
    if (!worker.loop().enqueue(this::deliver)) { // it has ended, and its clients are gone
      waiting.decrementAndGet();
      unreserve(weight(data));
    }
  }

  /// Returns a place behind all broadcasts of the calling thread, or null if none is waiting.
  @Nullable Place placeIfWaiting() {
    if (waiting.get() == 0) {
      return null;
    }
    Place place = new Place(null);
    queue.add(new Item(null, null, 0, place));
    return place;
  }

  /// Calls `whenReached`, on this worker's loop, when all broadcasts added so far were delivered.
  void whenReached(Runnable whenReached) {
    queue.add(new Item(null, null, 0, new Place(whenReached)));
    if (!worker.loop().enqueue(this::deliver)) {
      whenReached.run();
    }
  }

  /// Delivers what is waiting; false if that is going on already, further up the stack.
  boolean deliver() {
    if (delivering) {
      return false;
    }
    if (queue.isEmpty()) {
      return true;
    }
    delivering = true;
    try {
      Place end = new Place(null); // who adds faster than this delivers must not keep it here
      queue.add(new Item(null, null, 0, end));
      while (!end.reached) {
        deliver(Objects.requireNonNull(queue.poll()));
      }
    } finally {
      delivering = false;
    }
    return true;
  }

  private void deliver(Item item) {
    Place place = item.place;
    if (place != null) {
      place.reached = true;
      if (place.whenReached != null) {
        place.whenReached.run();
      }
    } else if (item.data != null && item.to != null) {
      unreserve(item.weight);
      try {
        worker.writeToAll(item.data, item.to);
      } catch (
          Throwable t) { // of the predicate; who broadcast is gone, and nobody else is to blame
        Failures.log("broadcast.failed", t);
      } finally {
        waiting.decrementAndGet(); // not earlier: what is written meanwhile is behind it
      }
    }
  }
}
