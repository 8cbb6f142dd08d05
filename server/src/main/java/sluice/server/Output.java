package sluice.server;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.internal.loop.Loop;
import sluice.spi.Chunk;

/// What was written to a connection and its wire has not taken. Confined to the loop, except
/// [#writeFromElsewhere] and [#wishFromElsewhere].
///
/// Nothing is sent inside a callback. What the handler writes is queued, except that the first
/// write of the very buffer that was lent is only noted; when the callback returns it goes to the
/// system straight from where it was received, and only what the system does not take is copied, or
/// retained if the system works on it.
///
/// Other threads leave their writes in a queue of their own. A write on the loop takes that one
/// first, and before it the broadcasts that came earlier: so every client gets what was written and
/// broadcast in an order in which it happened.
final class Output {
  /// What another thread left.
  ///
  /// @param data what it wrote; null if it wished for something that must not overtake writes
  /// @param wish what it wished for
  /// @param toldFalse whether its caller now waits for [ConnectionHandler#onWritable]
  /// @param after the place among the broadcasts that must have been reached before; null if none
  ///   was waiting
  private record Foreign(
      @Nullable ByteBuffer data, int wish, boolean toldFalse, Broadcasts.@Nullable Place after) {}

  private final ServerConnection connection;
  private final Loop loop;
  private final Broadcasts broadcasts;
  private final Wire wire;
  private final OutputQueue queue;
  private final Queue<Foreign> foreign = new ConcurrentLinkedQueue<>();

  /// Bytes taken from callers of any thread and not yet by the wire.
  private final AtomicLong pending = new AtomicLong();

  /// The buffer lent to the callback in progress, and the part of it that the handler wrote.
  private @Nullable Chunk lent;

  private int lentStart;
  private int lentEnd;
  private boolean endWritten;
  private boolean full;
  private boolean owesWritable;

  /// Why nothing can be sent any more, though there may be input left; 0 if it can.
  private int failure;

  private EventLoop.@Nullable Registration stallTimer;
  private long progressAtStall;
  private int stalls;

  Output(ServerConnection connection, Worker worker, Wire wire) {
    this.connection = connection;
    this.loop = worker.loop();
    this.broadcasts = worker.broadcasts();
    this.wire = wire;
    this.queue = new OutputQueue(loop.chunks());
  }

  // Writing

  /// [Connection#write] on the loop.
  boolean write(ByteBuffer src) {
    broadcasts.deliver();
    takeForeign();
    if (!takes()) {
      return false;
    }
    if (pending.get() >= Limits.OUTPUT_HARD_BYTES) {
      connection.close(CloseReason.OUT_HARD, true);
      return false;
    }
    int count = src.remaining();
    Chunk chunk = lent;
    if (chunk != null && chunk.isView(src) && lentEnd == 0 && queue.isEmpty()) {
      lentStart = src.position();
      lentEnd = src.limit();
      src.position(src.limit());
    } else {
      queueLent();
      queue.append(src);
    }
    connection.stepLater();
    boolean goOn = pending.addAndGet(count) <= Limits.OUTPUT_HIGH_BYTES;
    owesWritable |= !goOn;
    return goOn;
  }

  /// [Connection#write] on another thread.
  boolean writeFromElsewhere(ByteBuffer src) {
    if (!connection.takesWrites()) {
      return false;
    }
    if (pending.get() >= Limits.OUTPUT_HARD_BYTES) {
      connection.wish(Wishes.OUT_HARD);
      return false;
    }
    int count = src.remaining();
    if (count == 0) {
      return mayGrow();
    }
    ByteBuffer copy = ByteBuffer.allocate(count).put(src).flip();
    boolean goOn = pending.addAndGet(count) <= Limits.OUTPUT_HIGH_BYTES;
    foreign.add(new Foreign(copy, 0, !goOn, broadcasts.placeIfWaiting()));
    return goOn;
  }

  /// A wish of another thread that comes behind what was written and broadcast before.
  void wishFromElsewhere(int wish) {
    foreign.add(new Foreign(null, wish, false, broadcasts.placeIfWaiting()));
  }

  /// Takes what other threads wrote, as far as the broadcasts before it were delivered.
  void takeForeign() {
    for (Foreign next = foreign.peek(); next != null; next = foreign.peek()) {
      if (next.after != null && !next.after.reached()) {
        if (!broadcasts.deliver()) {
          return; // one is being delivered right now; this is behind it
        }
        continue;
      }
      foreign.remove();
      ByteBuffer data = next.data;
      if (data == null) {
        connection.fulfil(next.wish);
        continue;
      }
      owesWritable |= next.toldFalse;
      if (takes()) {
        queueLent();
        queue.append(data);
      } else {
        pending.addAndGet(-data.remaining());
      }
    }
  }

  /// Tells whether the queue is not above its high watermark.
  private boolean mayGrow() {
    return pending.get() <= Limits.OUTPUT_HIGH_BYTES;
  }

  /// Tells whether output waits for layers that wait for input.
  boolean awaitsInput() {
    return wire.awaitsInput();
  }

  /// Tells whether a handler may be given more that makes the output grow.
  boolean allowsInput() {
    return mayGrow() || connection.isDecoupled() || wire.awaitsInput();
  }

  /// Tells whether the loop takes output. That another thread has closed it already says nothing:
  /// its wish is behind what it has written and broadcast before.
  private boolean takes() {
    return connection.delivers() && !connection.outputEnds() && failure == 0;
  }

  // The lent buffer

  void lend(Chunk chunk) {
    lent = chunk;
    lentStart = 0;
    lentEnd = 0;
  }

  void takeBack() {
    lent = null;
  }

  /// Another write follows the lent bytes, so they are queued before it.
  private void queueLent() {
    Chunk chunk = lent;
    if (chunk != null && lentEnd > lentStart) {
      chunk.buffer().limit(lentEnd).position(lentStart);
      queue.append(chunk.buffer());
      lentStart = lentEnd;
    }
  }

  // Sending

  /// Sends what there is, as far as the system takes it.
  void flush() {
    note(wire.flush());
    Chunk chunk = lent;
    if (chunk != null && lentEnd > lentStart) {
      if (!connection.isSending() && failure == 0) {
        chunk.buffer().limit(lentEnd).position(lentStart);
        lentStart += taken(wire.send(chunk));
        if (connection.isSending() && !chunk.isShared() && lentEnd > lentStart) {
          queue.retain(chunk); // in flight, or about to be
          lentStart = lentEnd;
        }
      }
      queueLent();
    }
    while (!queue.isEmpty() && !connection.isSending() && !connection.isEnding() && failure == 0) {
      int count = taken(wire.send(queue.head()));
      if (count == 0) {
        break;
      }
      queue.advance(count);
    }
    if (failure != 0) {
      drop();
    } else if (connection.isSending()) {
      watchForStall();
    }
  }

  private int taken(int result) {
    note(result);
    int count = Math.max(result, 0);
    pending.addAndGet(-count);
    return count;
  }

  private void note(int result) {
    if (result < 0 && failure == 0) {
      failure = result;
    }
  }

  /// The send in progress has ended.
  void sent(int result) {
    note(result);
    if (result > 0) {
      int count = wire.sent(result);
      if (count > 0) {
        queue.advance(taken(count));
      }
    }
    if (failure != 0) {
      drop();
    }
  }

  private void drop() {
    pending.addAndGet(-queue.bytes() - (lentEnd - lentStart));
    lentStart = lentEnd;
    queue.clear();
    wire.free();
  }

  /// Drops what waits for layers that will never be ready; false if nothing does.
  boolean giveUp() {
    endWritten = true;
    boolean some = !queue.isEmpty();
    pending.addAndGet(-queue.bytes());
    queue.clear();
    return some;
  }

  /// Tells whether all that was written is with the system, the layers' end included.
  boolean isDrained() {
    if (!queue.isEmpty() || wire.unsentBytes() > 0) {
      return false;
    }
    if (!endWritten) {
      if (wire.awaitsInput()) {
        return false; // layers above may have an end to say
      }
      endWritten = true;
      wire.endOutput();
      note(wire.flush());
      if (failure == 0 && connection.isSending()) {
        watchForStall();
      }
    }
    return wire.unsentBytes() == 0;
  }

  int failure() {
    return failure;
  }

  // Watermarks

  /// Applies the watermarks; true if the handler is to be told that it may write again.
  boolean balance() {
    long bytes = queue.bytes();
    if (bytes > Limits.OUTPUT_HIGH_BYTES) {
      full = true;
    } else if (bytes <= Limits.OUTPUT_LOW_BYTES) {
      full = false;
    }
    return !full && owesWritable;
  }

  /// Tells whether the input has to wait for the output to become less.
  boolean holdsInput() {
    boolean coupled = !connection.isDecoupled() && !wire.awaitsInput();
    return (full && coupled) || wire.unsentBytes() > Limits.WIRE_BYTES_MAX;
  }

  /// Tells whether the handler is owed an [ConnectionHandler#onWritable], once.
  boolean settleWritable() {
    boolean owed = owesWritable;
    owesWritable = false;
    return owed;
  }

  // Stalls

  private void watchForStall() {
    if (stallTimer == null) {
      progressAtStall = wire.progress();
      stalls = 0;
      stallTimer = loop.schedule(Limits.WRITE_STALL, this::checkStall);
    }
  }

  private void checkStall() {
    stallTimer = null;
    if (!connection.isSending() || connection.isEnding()) {
      return;
    }
    long progress = wire.progress();
    stalls = progress == progressAtStall ? stalls + 1 : 0;
    progressAtStall = progress;
    if (stalls >= (wire.seesUnsent() ? 1 : Limits.BLIND_STALLS)) {
      connection.close(CloseReason.WRITE_STALL, true);
    } else {
      stallTimer = loop.schedule(Limits.WRITE_STALL, this::checkStall);
    }
  }

  void free() {
    queue.clear();
    wire.free();
    EventLoop.Registration timer = stallTimer;
    if (timer != null) {
      timer.cancel();
    }
  }
}
