package sluice.spi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.ClosedSelectorException;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import sluice.ClosedPollableException;
import sluice.Interest;
import sluice.Pollable;
import sluice.Poller;
import sluice.Readiness;
import sluice.ReadyHandler;

/// What all pollers share: arguments, one thread at a time, registrations, wake-up and closing. A
/// backend adds, changes, removes and waits.
public abstract class PollerBase<A> implements Poller<A> {
  /// One source being watched here.
  public static final class Registration<A> implements PollableBase.CloseListener {
    final PollerBase<A> poller;
    final PollableBase source;
    final A attachment;
    private byte interest;
    private volatile boolean ended;

    /// The backend's own: a place in a table, or a key.
    private int index;

    private @Nullable Object key;

    Registration(PollerBase<A> poller, PollableBase source, A attachment, int interest) {
      this.poller = poller;
      this.source = source;
      this.attachment = attachment;
      this.interest = (byte) interest;
    }

    /// Returns what is watched.
    public PollableBase source() {
      return source;
    }

    /// Returns the mask watched for.
    public int interest() {
      return interest;
    }

    /// Returns the number that the backend keeps with this registration.
    public int index() {
      return index;
    }

    /// Lets the backend keep a number with this registration.
    public void index(int value) {
      index = value;
    }

    /// Returns what the backend keeps with this registration.
    public @Nullable Object key() {
      return key;
    }

    /// Lets the backend keep something with this registration.
    public void key(@Nullable Object value) {
      key = value;
    }

    @Override
    public void sourceClosed(PollableBase closed) {
      ended = true;
      poller.closedSources.add(this);
      poller.settle();
    }
  }

  /// What [#await] returns if its host cannot wait inside a call: nothing is ready, and the host
  /// will run the loop again when something is, or when the time has passed.
  protected static final int LATER = -1;

  /// What is reported whatever the interest, as bits of [Readiness#ofMask].
  public static final int HANGUP_OR_ERROR = 24;

  private static final VarHandle OWNER;
  private static final VarHandle STATE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      OWNER = lookup.findVarHandle(PollerBase.class, "owner", Object.class);
      STATE = lookup.findVarHandle(PollerBase.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final int AWAKE = 0;
  private static final int ASLEEP = 1;
  private static final int WOKEN = 2;

  /// Owns a poller while a thread that closed a source settles it; so short that others spin.
  private static final Object SETTLING = new Object();

  private final BackendProvider backend;
  private final IdentityHashMap<Pollable, Registration<A>> registrations = new IdentityHashMap<>();
  private final Queue<Registration<A>> closedSources = new ConcurrentLinkedQueue<>();

  /// The thread inside, or [#SETTLING].
  private volatile @Nullable Object owner;

  /// What whoever is inside is doing, for those who wake it.
  private volatile int state;

  private volatile boolean closed;
  private boolean freed;

  protected PollerBase(BackendProvider backend) {
    this.backend = backend;
  }

  /// Begins to watch; `registration.interest()` says for what.
  protected abstract void add(Registration<A> registration) throws IOException;

  /// Watches for `registration.interest()` from now on.
  protected abstract void change(Registration<A> registration) throws IOException;

  /// Ends watching. If the source is closed the system may know already.
  protected abstract void remove(Registration<A> registration) throws IOException;

  /// Waits once and hands each ready registration to [#dispatch]; may return early.
  ///
  /// @return how many were dispatched, or [#LATER]
  protected abstract int await(long timeoutNanos, ReadyHandler<? super A> handler)
      throws IOException;

  /// Tells whether the last [#select] may have left ready sources to the next one.
  public boolean hasMore() {
    return false;
  }

  /// Takes more ready sources per wait from now on, if the system counts them out.
  public void takeMore() {}

  /// Ends an [#await] in progress, or the next one. From any thread.
  protected abstract void wake();

  /// Gives everything back to the system. Called once, with nobody inside.
  protected abstract void free() throws IOException;

  /// Makes the system forget what was removed. Not every system does so at once, and it keeps the
  /// descriptor of a closed source, with its address and its connection, until it has.
  protected void flush() throws IOException {}

  /// Lets the system forget sources that were closed: here if nobody is inside, otherwise in the
  /// next [#await].
  protected final void settle() {
    if (owner == Thread.currentThread()) {
      return;
    }
    if (!OWNER.compareAndSet(this, null, SETTLING)) {
      wake();
      return;
    }
    try {
      try {
        if (!closed) {
          sweep();
          flush();
        }
      } finally {
        exit(true);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a selector that cannot look is broken
    }
  }

  @Override
  public final void register(Pollable source, Interest interest, A attachment) throws IOException {
    backend.checkInterest(interest.mask());
    boolean outermost = enter();
    try {
      sweep();
      Registration<A> present = registrations.get(source);
      if (present != null && !present.ended) {
        throw new IllegalStateException(source + " is already registered with this poller");
      }
      PollableBase base = requireOwn(source);
      Registration<A> registration = new Registration<>(this, base, attachment, interest.mask());
      base.addCloseListener(registration);
      boolean added = false;
      try {
        if (!base.acquire()) {
          throw ClosedPollableException.of(source);
        }
        try {
          add(registration);
          added = true;
        } finally {
          base.release();
        }
      } finally {
        if (!added) {
          base.removeCloseListener(registration);
        }
      }
      registrations.put(source, registration);
    } finally {
      exit(outermost);
    }
  }

  @Override
  public final void modify(Pollable source, Interest interest) throws IOException {
    backend.checkInterest(interest.mask());
    boolean outermost = enter();
    try {
      if (!source.isOpen()) {
        throw ClosedPollableException.of(source);
      }
      Registration<A> registration = registrations.get(source);
      if (registration == null) {
        throw new IllegalStateException(source + " is not registered with this poller");
      }
      if (registration.interest != interest.mask()) {
        byte before = registration.interest;
        registration.interest = (byte) interest.mask();
        if (registration.source.acquire()) {
          boolean changed = false;
          try {
            change(registration);
            changed = true;
          } finally {
            registration.source.release();
            if (!changed) {
              registration.interest = before;
            }
          }
        }
      }
    } finally {
      exit(outermost);
    }
  }

  @Override
  public final void unregister(Pollable source) throws IOException {
    boolean outermost = enter();
    try {
      Registration<A> registration = registrations.remove(source);
      if (registration == null) {
        if (!source.isOpen()) {
          return; // its registration has been swept
        }
        throw new IllegalStateException(source + " is not registered with this poller");
      }
      end(registration);
    } finally {
      exit(outermost);
    }
  }

  private void end(Registration<A> registration) throws IOException {
    registration.ended = true;
    PollableBase source = registration.source;
    source.removeCloseListener(registration);
    boolean open = source.acquire();
    try {
      remove(registration);
    } finally {
      if (open) {
        source.release();
      }
    }
  }

  @Override
  public final int select(@Nullable Duration timeout, ReadyHandler<? super A> handler)
      throws IOException {
    return selectNanos(Durations.timeoutNanos(timeout), handler);
  }

  /// [#select] for callers that count in nanoseconds; [Durations#FOREVER] waits for ever.
  public final int selectNanos(long timeoutNanos, ReadyHandler<? super A> handler)
      throws IOException {
    boolean outermost = enter();
    if (!outermost) {
      throw new IllegalStateException("select called from inside a handler of this poller");
    }
    try {
      long start = timeoutNanos > 0 && timeoutNanos < Durations.FOREVER ? now() : 0;
      long remaining = timeoutNanos;
      while (true) {
        sweep();
        boolean sleeps =
            remaining != 0 && (int) STATE.compareAndExchange(this, AWAKE, ASLEEP) != WOKEN;
        int ready = await(sleeps ? remaining : 0, handler);
        if (closed) {
          throw new ClosedSelectorException();
        }
        if (ready == LATER) {
          return 0; // and stays asleep
        }
        // getAndSet, not set: it orders this thread after the work of those whose wake-up it takes.
        boolean wokenUp = (int) STATE.getAndSet(this, AWAKE) == WOKEN;
        if (ready > 0 || wokenUp || remaining == 0 || Thread.currentThread().isInterrupted()) {
          return ready;
        }
        remaining =
            timeoutNanos == Durations.FOREVER
                ? timeoutNanos
                : Durations.remaining(timeoutNanos, start, now());
        if (remaining == 0) {
          return 0;
        }
      }
    } finally {
      exit(true);
    }
  }

  private long now() {
    return backend.host().nanoTime();
  }

  /// The system has returned from waiting: until the next wait, waking takes no call of it.
  protected final void awoke() {
    STATE.compareAndSet(this, ASLEEP, AWAKE);
  }

  /// Tells the handler, unless the registration has ended during this batch.
  ///
  /// @param mask the bits of [Readiness#ofMask] that hold, whatever the interest
  /// @return 1 if told, 0 if not
  protected final int dispatch(
      Registration<A> registration, int mask, ReadyHandler<? super A> handler) {
    int told = mask & (registration.interest | HANGUP_OR_ERROR);
    if (registration.ended || told == 0 || closed) {
      return 0;
    }
    handler.ready(registration.attachment, Readiness.ofMask(told));
    return 1;
  }

  @Override
  public final void wakeup() {
    if (!closed && (int) STATE.getAndSet(this, WOKEN) == ASLEEP) {
      wake();
    }
  }

  @Override
  public final void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    Thread current = Thread.currentThread();
    if (owner == current) {
      return; // the outermost call in progress frees
    }
    if (OWNER.compareAndSet(this, null, current)) {
      exit(true);
    } else {
      wake();
      // The owner may have left before it saw `closed`, and then nobody has freed yet.
      if (OWNER.compareAndSet(this, null, current)) {
        exit(true);
      }
    }
  }

  /// Takes the poller for the current thread; false if it has it already.
  private boolean enter() {
    Thread current = Thread.currentThread();
    if (owner == current) {
      requireOpen();
      return false;
    }
    Object other = OWNER.compareAndExchange(this, null, current);
    while (other == SETTLING) {
      Thread.onSpinWait();
      other = OWNER.compareAndExchange(this, null, current);
    }
    if (other != null) {
      requireOpen(); // closing takes the poller, too
      throw new IllegalStateException(
          "this poller is in use by " + other + "; it belongs to one thread at a time");
    }
    if (closed) {
      try {
        exit(true);
      } catch (IOException e) {
        throw (ClosedSelectorException) new ClosedSelectorException().initCause(e);
      }
      throw new ClosedSelectorException();
    }
    return true;
  }

  private void requireOpen() {
    if (closed) {
      throw new ClosedSelectorException();
    }
  }

  private void exit(boolean outermost) throws IOException {
    if (!outermost) {
      return;
    }
    try {
      if (closed && !freed) {
        freed = true;
        registrations.values().forEach(r -> r.source.removeCloseListener(r));
        registrations.clear();
        free();
      }
    } finally {
      owner = null;
    }
    // A close between the check and the release has seen an owner and left the freeing to it.
    if (closed && !freed && OWNER.compareAndSet(this, null, Thread.currentThread())) {
      exit(true);
    }
  }

  private PollableBase requireOwn(Pollable source) {
    if (!source.backend().equals(backend)) {
      throw new IllegalArgumentException(
          source
              + " belongs to the backend "
              + source.backend().name()
              + ", this poller to "
              + backend.name());
    }
    return (PollableBase) source;
  }

  /// Forgets registrations whose sources were closed.
  private void sweep() throws IOException {
    for (Registration<A> r = closedSources.poll(); r != null; r = closedSources.poll()) {
      if (registrations.remove((Pollable) r.source, r)) {
        remove(r);
      }
    }
  }
}
