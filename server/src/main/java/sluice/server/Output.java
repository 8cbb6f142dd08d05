package sluice.server;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
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

  /// What other threads left that the loop has not taken.
  private static final class Left {
    final Queue<Foreign> queue = new ConcurrentLinkedQueue<>();
    final AtomicLong bytes = new AtomicLong();
  }

  private static final VarHandle PENDING;

  static {
    try {
      PENDING = MethodHandles.lookup().findVarHandle(Output.class, "pending", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ServerConnection connection;

  /// Null while it would be empty.
  private @Nullable OutputQueue queue;

  /// Null until another thread leaves something.
  private volatile @Nullable Left left;

  /// Bytes that the loop has taken and the wire has not. Other threads read it, and only the loop
  /// writes, so it needs no locked instruction.
  private long pending;

  private boolean endWritten;
  private boolean full;
  private boolean owesWritable;

  /// Why nothing can be sent any more, though there may be input left; 0 if it can.
  private int failure;

  /// Since when too much has been waiting.
  private int aboveSoftSince = Wheel.NEVER;

  /// Since when the client has taken nothing, as far as looks have found.
  private int stalledSince = Wheel.NEVER;

  private long progressAtLook;

  /// The turn in which the send in progress was submitted. A ring tells what came of it in the
  /// next.
  private int sendTurn;

  Output(ServerConnection connection) {
    this.connection = connection;
  }

  private Worker worker() {
    return connection.worker();
  }

  private Wire wire() {
    return connection.wire();
  }

  // Writing

  /// [Connection#write] on the loop.
  boolean write(ByteBuffer src) {
    int count = src.remaining();
    if (!admits(count)) {
      return false;
    }
    if (!isEmpty() || !worker().lent().write(this, src)) {
      queueLent();
      append(src);
    }
    return wrote(count);
  }

  /// [#write] of what others are told, too.
  void write(Broadcast broadcast) {
    int count = broadcast.bytes();
    if (!admits(count)) {
      return;
    }
    queueLent();
    if (count > 0) {
      queue().append(broadcast);
    }
    wrote(count);
  }

  /// Tells whether `count` bytes more are taken. Who has too much is closed.
  private boolean admits(int count) {
    worker().broadcasts().deliver();
    takeForeign();
    if (!takes()) {
      return false;
    }
    if (pending() >= hardBytes()) {
      connection.close(CloseReason.OUT_HARD, true);
      return false;
    }
    if (worker().memory().isFull() && !isBlameless(count)) {
      connection.close(CloseReason.EVICTED, true);
      return false;
    }
    return true;
  }

  /// So many bytes more were taken. Tells whether the caller should go on.
  private boolean wrote(int count) {
    connection.stepLater();
    addPending(count);
    boolean goOn = mayGrow();
    owesWritable |= !goOn;
    return goOn;
  }

  /// [Connection#write] on another thread.
  boolean writeFromElsewhere(ByteBuffer src) {
    if (!connection.takesWrites()) {
      return false;
    }
    if (pending() >= hardBytes()) {
      connection.wish(Wishes.OUT_HARD);
      return false;
    }
    int count = src.remaining();
    if (count == 0) {
      return mayGrow();
    }
    ByteBuffer copy = ByteBuffer.allocate(count).put(src).flip();
    Left others = left();
    others.bytes.addAndGet(count);
    boolean goOn = mayGrow();
    others.queue.add(new Foreign(copy, 0, !goOn, worker().broadcasts().placeIfWaiting()));
    return goOn;
  }

  /// A wish of another thread that comes behind what was written and broadcast before.
  void wishFromElsewhere(int wish) {
    left().queue.add(new Foreign(null, wish, false, worker().broadcasts().placeIfWaiting()));
  }

  private Left left() {
    Left present = left;
    if (present == null) {
      synchronized (this) {
        present = left;
        if (present == null) {
          left = present = new Left();
        }
      }
    }
    return present;
  }

  /// Takes what other threads wrote, as far as the broadcasts before it were delivered.
  void takeForeign() {
    Left others = left;
    if (others == null) {
      return;
    }
    for (Foreign next = others.queue.peek(); next != null; next = others.queue.peek()) {
      if (next.after != null && !next.after.reached()) {
        if (!worker().broadcasts().deliver()) {
          return; // one is being delivered right now; this is behind it
        }
        continue;
      }
      others.queue.remove();
      ByteBuffer data = next.data;
      if (data == null) {
        connection.fulfil(next.wish);
        continue;
      }
      owesWritable |= next.toldFalse;
      int count = data.remaining();
      if (takes()) {
        queueLent();
        append(data);
        addPending(count);
      }
      others.bytes.addAndGet(-count);
    }
  }

  /// Tells whether more can be told to a client though the memory is full. Who has taken all that
  /// was sent, as far as can be known, does not pay for those who hold everything, if it is not
  /// told much in this turn: that is gone with the flush.
  private boolean isBlameless(int count) {
    boolean takes = !connection.isSending() || worker().loop().turns() - sendTurn <= 1;
    return takes && pending() + count <= Bounds.OUTPUT_HIGH_BYTES;
  }

  /// A send was submitted that has not ended.
  void sending() {
    sendTurn = worker().loop().turns();
  }

  /// Returns how much may wait when something more is written.
  private long hardBytes() {
    long hard = worker().limits().outputHard;
    return hard > 0 ? hard : Long.MAX_VALUE;
  }

  /// Tells whether the queue is not above its high watermark.
  private boolean mayGrow() {
    return pending() <= worker().memory().highWatermark();
  }

  /// Tells whether output waits for layers that wait for input.
  boolean awaitsInput() {
    return wire().awaitsInput();
  }

  /// Tells whether a handler may be given more that makes the output grow.
  boolean allowsInput() {
    return mayGrow() || connection.isDecoupled() || wire().awaitsInput();
  }

  /// Tells whether the loop takes output. That another thread has closed it already says nothing:
  /// its wish is behind what it has written and broadcast before.
  private boolean takes() {
    return connection.delivers() && !connection.outputEnds() && failure == 0;
  }

  // The queue

  private boolean isEmpty() {
    return queue == null;
  }

  private long queued() {
    OutputQueue present = queue;
    return present == null ? 0 : present.bytes();
  }

  private OutputQueue queue() {
    OutputQueue present = queue;
    if (present == null) {
      queue = present = worker().takeQueue();
    }
    return present;
  }

  private void append(ByteBuffer src) {
    if (src.hasRemaining()) {
      queue().append(src);
    }
  }

  private void advance(int count) {
    OutputQueue present = queue();
    present.advance(count);
    if (present.isEmpty()) {
      clear();
    }
  }

  private void clear() {
    OutputQueue present = queue;
    if (present != null) {
      queue = null;
      worker().giveBack(present);
    }
  }

  /// Copies lent bytes that were written and not sent: another write follows, or the callback is
  /// over.
  void queueLent() {
    Lent lent = worker().lent();
    Chunk chunk = lent.writtenBy(this);
    if (chunk != null) {
      chunk.buffer().limit(lent.end).position(lent.start);
      append(chunk.buffer());
      lent.start = lent.end;
    }
  }

  /// Returns how many bytes were taken from callers of any thread and not yet by the wire; at most
  /// that of a write too many, while it is handed over.
  private long pending() {
    Left others = left;
    return (long) PENDING.getAcquire(this) + (others == null ? 0 : others.bytes.get());
  }

  private void addPending(long count) {
    PENDING.setRelease(this, pending + count);
  }

  // Sending

  ServerConnection connection() {
    return connection;
  }

  /// Sends what there is, as far as the system takes it.
  void flush() {
    note(wire().flush());
    flushLent();
    while (!isEmpty() && !connection.isSending() && !connection.isEnding() && failure == 0) {
      int count = taken(wire().send(queue().head()));
      if (count == 0) {
        break;
      }
      advance(count);
    }
    if (failure != 0) {
      drop();
    } else if (connection.isSending()) {
      watchForStall();
    }
  }

  private void flushLent() {
    Lent lent = worker().lent();
    Chunk chunk = lent.writtenBy(this);
    if (chunk == null) {
      return;
    }
    if (!connection.isSending() && failure == 0) {
      chunk.buffer().limit(lent.end).position(lent.start);
      lent.start += taken(wire().send(chunk));
      if (connection.isSending() && !chunk.isShared() && lent.end > lent.start) {
        queue().retain(chunk); // in flight, or about to be
        lent.start = lent.end;
      }
    }
    queueLent();
  }

  private int taken(int result) {
    note(result);
    int count = Math.max(result, 0);
    if (count > 0) {
      addPending(-count);
    }
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
      int count = wire().sent(result);
      if (count > 0) {
        advance(taken(count));
      }
    }
    if (failure != 0) {
      drop();
    }
  }

  private void drop() {
    Lent lent = worker().lent();
    if (lent.writtenBy(this) != null) {
      addPending(lent.start - lent.end);
      lent.start = lent.end;
    }
    addPending(-queued());
    clear();
    wire().free();
  }

  /// Drops what waits for layers that will never be ready; false if nothing does.
  boolean giveUp() {
    endWritten = true;
    boolean some = !isEmpty();
    addPending(-queued());
    clear();
    return some;
  }

  /// Tells whether all that was written is with the system, the layers' end included.
  boolean isDrained() {
    if (!isEmpty() || wire().unsentBytes() > 0) {
      return false;
    }
    if (!endWritten) {
      if (wire().awaitsInput()) {
        return false; // layers above may have an end to say
      }
      endWritten = true;
      wire().endOutput();
      note(wire().flush());
      if (failure == 0 && connection.isSending()) {
        watchForStall();
      }
    }
    return wire().unsentBytes() == 0;
  }

  int failure() {
    return failure;
  }

  // Watermarks

  /// Applies the watermarks; true if the handler is to be told that it may write again.
  boolean balance() {
    long bytes = queued();
    noteSoft(bytes);
    if (bytes > worker().memory().highWatermark()) {
      full = true;
    } else if (bytes <= Bounds.OUTPUT_LOW_BYTES) {
      full = false;
    }
    return !full && owesWritable;
  }

  /// Tells whether the input has to wait for the output to become less.
  boolean holdsInput() {
    boolean coupled = !connection.isDecoupled() && !wire().awaitsInput();
    return (full && coupled) || wire().unsentBytes() > Bounds.WIRE_BYTES_MAX;
  }

  /// Tells whether the handler is owed an [ConnectionHandler#onWritable], once.
  boolean settleWritable() {
    boolean owed = owesWritable;
    owesWritable = false;
    return owed;
  }

  // Stalls

  private void watchForStall() {
    int look = worker().deadlines().stallLook();
    if (look != Wheel.NEVER) {
      worker().wheel().arm(connection, worker().wheel().now() + look);
    }
  }

  /// Looks whether the client has taken something since the last look. Returns when to look again.
  int lookForStall(int now) {
    int look = worker().deadlines().stallLook();
    if (look == Wheel.NEVER || !connection.isSending() || connection.isEnding()) {
      stalledSince = Wheel.NEVER;
      return Wheel.NEVER;
    }
    long progress = wire().progress();
    if (stalledSince == Wheel.NEVER || progress != progressAtLook) {
      progressAtLook = progress;
      stalledSince = now;
      connection.wasActive();
    }
    int stall = worker().deadlines().stall();
    long due = stalledSince + (wire().seesUnsent() ? stall : (long) stall * Bounds.BLIND_STALLS);
    if (now <= due) {
      return (int) Math.min(now + look, due);
    }
    connection.close(CloseReason.WRITE_STALL, true);
    return Wheel.NEVER;
  }

  private void noteSoft(long bytes) {
    Limits limits = worker().limits();
    if (limits.outputSoft == 0 || bytes <= limits.outputSoft) {
      aboveSoftSince = Wheel.NEVER;
    } else if (aboveSoftSince == Wheel.NEVER && worker().deadlines().soft() != Wheel.NEVER) {
      aboveSoftSince = worker().wheel().now();
      worker().wheel().arm(connection, aboveSoftSince + worker().deadlines().soft());
    }
  }

  /// Returns since when too much output has been waiting; [Wheel#NEVER] if it is not.
  int aboveSoftSince() {
    return aboveSoftSince;
  }

  /// Returns how much memory it holds.
  long heldBytes() {
    OutputQueue present = queue;
    return present == null ? 0 : present.heldBytes();
  }

  void free() {
    clear();
    wire().free();
  }
}
