package sluice.internal.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a loop was given to run and has not run, in the order of each giver. [#add] and [#close]
/// are thread-safe; the rest is confined to the loop.
///
/// Other threads push onto a stack, which the loop takes as a whole and turns round: they meet each
/// other in one compare-and-set and the loop in one swap for all that there is. Whoever pushes
/// first is told so and wakes the loop for those who follow.
final class Inbox {
  /// What became of [#add].
  enum Added {
    /// It is there, and the loop is to be woken.
    FIRST,
    /// It is there, behind others for which the loop is or will be woken.
    BEHIND,
    /// Too many are waiting.
    FULL,
    /// The inbox is closed.
    REFUSED
  }

  private static final class Node {
    final @Nullable Runnable task;
    @Nullable Node next;

    /// How many are in the stack from here down.
    int depth;

    Node(@Nullable Runnable task) {
      this.task = task;
    }
  }

  private static final Node CLOSED = new Node(null);
  private static final VarHandle TOP;
  private static final VarHandle TAKEN;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TOP = lookup.findVarHandle(Inbox.class, "top", Node.class);
      TAKEN = lookup.findVarHandle(Inbox.class, "taken", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int max;

  /// The last that was pushed; [#CLOSED] when nothing is any more.
  private volatile @Nullable Node top;

  // What the loop has taken, or was given by itself, first to last, and how many.
  private @Nullable Node first;
  private @Nullable Node last;
  private int taken;

  /// Makes an empty one, in which at most `max` wait; twice as many, if they come in the moment in
  /// which the loop takes.
  Inbox(int max) {
    this.max = max;
  }

  /// Adds `task` from another thread.
  Added add(Runnable task) {
    Node node = new Node(task);
    while (true) {
      Node before = top;
      if (before == CLOSED) {
        return Added.REFUSED;
      }
      node.next = before;
      node.depth = before == null ? 1 : before.depth + 1;
      if (node.depth + (int) TAKEN.getOpaque(this) > max) {
        return Added.FULL;
      }
      if (TOP.compareAndSet(this, before, node)) {
        return before == null ? Added.FIRST : Added.BEHIND;
      }
    }
  }

  /// Adds `task` from the loop itself, even if it is closed: [Added#BEHIND] or [Added#FULL].
  Added addOwn(Runnable task) {
    Node pushed = top;
    if (taken + (pushed == null ? 0 : pushed.depth) >= max) {
      return Added.FULL;
    }
    Node node = new Node(task);
    append(node, node, 1);
    return Added.BEHIND;
  }

  private void append(Node head, Node tail, int count) {
    if (last == null) {
      first = head;
    } else {
      last.next = head;
    }
    last = tail;
    TAKEN.setOpaque(this, taken + count);
  }

  /// Takes what other threads have added, behind what is there. Returns how many are there then.
  int collect() {
    Node pushed = top;
    if (pushed != null && pushed != CLOSED) {
      turnRound((Node) TOP.getAndSet(this, null));
    }
    return taken;
  }

  private void turnRound(Node newest) {
    int count = newest.depth;
    Node oldest = null;
    for (Node node = newest; node != null; ) {
      Node older = node.next;
      node.next = oldest;
      oldest = node;
      node = older;
    }
    append(Objects.requireNonNull(oldest), newest, count);
  }

  /// Takes the first of what was collected, or null.
  @Nullable Runnable poll() {
    Node node = first;
    if (node == null) {
      return null;
    }
    first = node.next;
    if (first == null) {
      last = null;
    }
    TAKEN.setOpaque(this, taken - 1);
    return node.task;
  }

  /// Tells whether nothing is waiting, collected or not.
  boolean isEmpty() {
    Node pushed = top;
    return first == null && (pushed == null || pushed == CLOSED);
  }

  /// Refuses what other threads add from now on. What they added before is there to be polled.
  void close() {
    Node pushed = (Node) TOP.getAndSet(this, CLOSED);
    if (pushed != null && pushed != CLOSED) {
      turnRound(pushed);
    }
  }
}
