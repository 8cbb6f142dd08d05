package sluice.internal.loop;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import sluice.ClosedPollableException;
import sluice.EventLoop;
import sluice.Interest;
import sluice.Pollable;
import sluice.Watcher;
import sluice.spi.BackendProvider;
import sluice.spi.Chunk;
import sluice.spi.ChunkPool;
import sluice.spi.Completions;
import sluice.spi.Driver;
import sluice.spi.Durations;
import sluice.spi.Host;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// The event loop, one turn at a time: tasks, timers, then the driver, which waits and calls back.
///
/// [#execute], [#schedule], [#watch], [#inLoop] and [#close] are thread-safe; the rest is confined
/// to the loop.
public final class Loop implements EventLoop, Completions {
  /// Tasks that may wait; more are rejected.
  private static final int TASKS_MAX = 1 << 16;

  /// Tasks and timers that run before sockets are looked at again.
  private static final int TASKS_PER_TURN = 1024;

  /// What one [#enter] adds to [#calls], beside its depth.
  private static final long CALL = 1 << 8;

  private static final VarHandle CALLS;

  static {
    try {
      CALLS = MethodHandles.lookup().findVarHandle(Loop.class, "calls", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final BackendProvider backend;
  private final Host host;
  private final String name;
  private final Inbox tasks = new Inbox(TASKS_MAX);

  /// Our own work, from any thread. Never rejected: each endpoint has at most one of a kind
  /// waiting.
  private final Inbox chores = new Inbox(Integer.MAX_VALUE);

  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> terminated = new CompletableFuture<>();
  private final Handles handles = new Handles();
  private final Timers timers = new Timers();
  private final ChunkPool chunks;
  private volatile @Nullable Driver driver;
  private volatile boolean closing;
  private volatile boolean ended;
  private boolean endpointsTold;

  /// Written by the loop only.
  private long calls;

  /// How often the driver was asked; wraps around.
  private int turns;

  private long turnTime;
  private boolean turnTimeKnown;

  /// How much was done: callbacks of any kind.
  private long work;

  private final Spin spin;

  private Loop(BackendProvider backend, String name) {
    this.backend = backend;
    this.host = backend.host();
    this.chunks = new ChunkPool(host);
    this.name = name;
    this.spin = new Spin(name, host::nanoTime);
  }

  /// Starts a loop on a thread of the backend's host and waits until it runs.
  ///
  /// @throws IOException if its driver could not be opened
  public static Loop start(BackendProvider backend, String name) throws IOException {
    Loop loop = new Loop(backend, name);
    loop.host.startLoop(name, loop, loop::turn);
    try {
      loop.host.await(loop.started);
    } catch (CompletionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
    return loop;
  }

  private boolean turn() {
    try {
      Driver current = driver;
      if (current == null) {
        return openDriver();
      }
      clearInterrupt();
      turnTimeKnown = false; // since the last turn the process may have been stopped
      runChores();
      runTasks();
      runTimers();
      if (closing && closed()) {
        return false;
      }
      boolean more = !tasks.isEmpty() || !chores.isEmpty() || (closing && handles.attached() == 0);
      turnTimeKnown = false; // it may wait
      turns++;
      int result = current.run(more ? host.nanoTime() : timers.nextDeadline(), this);
      if (result < 0) {
        throw Status.toException(result, "driver of " + name, current.failure());
      }
      spin.turned(work, current);
      return true;
    } catch (Throwable t) {
      die(t);
      return false;
    }
  }

  private boolean openDriver() {
    try {
      driver = backend.openDriver();
      started.complete(null);
      return true;
    } catch (Throwable t) { // an Error, too: someone waits to be told
      started.completeExceptionally(t);
      ended = true;
      terminated.complete(null);
      return false;
    }
  }

  /// Runs the chores that are there now. Those that they leave wait for the next turn, or a chore
  /// that goes on by leaving itself would go on at the cost of all others.
  private void runChores() {
    for (int i = Math.min(chores.collect(), TASKS_PER_TURN); i > 0; i--) {
      guard(Objects.requireNonNull(chores.poll()));
    }
  }

  private void runTasks() {
    int _ = tasks.collect();
    for (int i = 0; i < TASKS_PER_TURN; i++) {
      Runnable task = tasks.poll();
      if (task == null) {
        return;
      }
      guard(task);
    }
  }

  private void runTimers() {
    if (timers.nextDeadline() == Durations.FOREVER) {
      return;
    }
    turnTimeKnown = false; // a callback may have taken long
    long now = turnTime();
    long order = timers.order();
    for (int i = 0; i < TASKS_PER_TURN; i++) {
      Runnable task = timers.pollDue(now, order);
      if (task == null) {
        return;
      }
      guard(task);
    }
  }

  /// Runs code that is not ours: whatever it throws, the loop goes on.
  void guard(Runnable code) {
    work++;
    enter();
    try {
      code.run();
    } catch (Throwable t) {
      Failures.log("loop.callback_failed loop=" + name, t);
    } finally {
      leave();
      clearInterrupt();
    }
  }

  /// Code that is not ours is about to run; see [#calls].
  public void enter() {
    CALLS.setRelease(this, calls + CALL + 1);
  }

  /// It has returned.
  public void leave() {
    CALLS.setRelease(this, calls - 1);
  }

  /// Returns a number that is another one after each [#enter]; from any thread. Whoever finds the
  /// same one twice, with [#isInside], knows that the same code has been running all the time.
  public long calls() {
    return (long) CALLS.getAcquire(this);
  }

  /// Tells whether code that is not ours was running when [#calls] returned `calls`.
  public static boolean isInside(long calls) {
    return calls % CALL != 0;
  }

  /// Returns where its thread is now, the innermost call first.
  public StackTraceElement[] stack() {
    return host.stack(this);
  }

  /// Returns the name it was given.
  public String name() {
    return name;
  }

  /// An interrupt that a callback left set would end every wait at once, and the loop would spin.
  private static void clearInterrupt() {
    boolean _ = Thread.interrupted();
  }

  /// Ends the loop if nothing is left to do; otherwise asks the endpoints, once, to come to an end.
  private boolean closed() {
    if (!endpointsTold) {
      endpointsTold = true;
      handles.forEach(e -> e.end(new IOException("the loop " + name + " was closed")));
    }
    if (handles.attached() > 0 || !tasks.isEmpty() || !chores.isEmpty()) {
      return false;
    }
    end();
    terminated.complete(null);
    return true;
  }

  /// Ends a loop whose driver failed. Nothing may be left open behind it: a listener that nobody
  /// serves would go on taking connections.
  private void die(Throwable cause) {
    Failures.log("loop.died loop=" + name, cause);
    started.completeExceptionally(cause);
    closing = true;
    end();
    handles.forEach(endpoint -> guard(() -> endpoint.abandon(cause)));
    terminated.completeExceptionally(cause);
  }

  /// Refuses tasks from now on, runs those that were taken, and frees the driver.
  private void end() {
    ended = true;
    tasks.close();
    chores.close();
    while (!tasks.isEmpty() || !chores.isEmpty()) {
      runChores();
      runTasks();
    }
    Driver current = driver;
    if (current != null) {
      current.close();
    }
  }

  /// Completes when the loop has ended; exceptionally if it died.
  public CompletableFuture<Void> terminated() {
    return terminated;
  }

  /// Returns the driver.
  public Driver driver() {
    return Objects.requireNonNull(driver);
  }

  /// Returns this loop's chunks.
  public ChunkPool chunks() {
    return chunks;
  }

  /// Returns the host's clock.
  public long nanoTime() {
    return host.nanoTime();
  }

  /// Returns the host's clock as it was when it was first asked for in this part of the turn
  /// (chores and tasks, timers, completions): for those who ask for each message.
  public long turnTime() {
    if (!turnTimeKnown) {
      turnTime = host.nanoTime();
      turnTimeKnown = true;
    }
    return turnTime;
  }

  /// Returns how often its driver was asked what has happened; wraps around.
  public int turns() {
    return turns;
  }

  /// Gives `endpoint` a handle for its operations.
  public long attach(Endpoint endpoint) {
    long handle = handles.attach(endpoint);
    if (endpointsTold) { // too late to begin: it is told what the others were
      enqueue(() -> endpoint.end(new IOException("the loop " + name + " was closed")));
    }
    return handle;
  }

  /// A completion threw, which is a defect of ours. It costs that endpoint, not the loop.
  private void fail(Endpoint endpoint, Throwable cause) {
    Failures.log("endpoint.failed loop=" + name, cause);
    guard(() -> endpoint.end(cause));
  }

  /// Takes a handle back. Its operations must have ended.
  public void detach(long handle) {
    handles.detach(handle);
  }

  /// Returns how many completions came for handles that were detached already.
  public long staleCompletions() {
    return handles.stale();
  }

  @Override
  public void execute(Runnable task) {
    Objects.requireNonNull(task, "task");
    boolean here = inLoop();
    if (ended || (closing && (!here || endpointsTold))) {
      throw closedException();
    }
    switch (here ? tasks.addOwn(task) : tasks.add(task)) {
      case FIRST -> wake();
      case BEHIND -> {}
      case FULL ->
          throw new RejectedExecutionException(
              TASKS_MAX + " tasks are waiting for the loop " + name + " already");
      case REFUSED -> throw closedException(); // it ended between the check and now
    }
  }

  private void wake() {
    Driver current = driver;
    if (current != null) {
      current.wakeup();
    }
  }

  /// Runs our own work on the loop, on its next turn; from any thread. The caller sees to it that
  /// only a bounded number wait.
  ///
  /// @return false if the loop has ended, and the work will not be done
  public boolean enqueue(Runnable chore) {
    Inbox.Added added = inLoop() ? chores.addOwn(chore) : chores.add(chore);
    if (added == Inbox.Added.FIRST) {
      wake();
    }
    return added != Inbox.Added.REFUSED;
  }

  private RejectedExecutionException closedException() {
    return new RejectedExecutionException("the loop " + name + " is closed");
  }

  @Override
  public Registration schedule(Duration delay, Runnable task) {
    Objects.requireNonNull(task, "task");
    Timers.Timer timer = timers.create(task, Durations.saturatedNanos(delay), host.nanoTime());
    if (inLoop() && !ended) {
      timers.add(timer);
    } else {
      execute(() -> timers.add(timer));
    }
    return timer;
  }

  @Override
  public Registration watch(Pollable source, Interest interest, Watcher watcher)
      throws ClosedPollableException {
    if (!source.backend().equals(backend)) {
      throw new IllegalArgumentException(
          source
              + " belongs to the backend "
              + source.backend().name()
              + ", this loop to "
              + backend.name());
    }
    backend.checkInterest(interest.mask());
    if (!source.isOpen()) {
      throw ClosedPollableException.of(source);
    }
    if (closing) {
      throw closedException();
    }
    Watch watch = new Watch(this, source, interest, watcher);
    if (inLoop()) {
      watch.start();
    } else {
      execute(watch::start);
    }
    return watch;
  }

  @Override
  public boolean inLoop() {
    return host.inLoop(this);
  }

  @Override
  public void close() {
    if (inLoop()) {
      throw new IllegalStateException(
          "close called on the loop " + name + " itself, which would wait for ever");
    }
    closeLater();
    try {
      host.await(terminated);
    } catch (CompletionException _) {
      // it died; terminated() and the log have the cause
    }
  }

  /// Begins [#close] without waiting; see [#terminated].
  public void closeLater() {
    closing = true;
    Driver current = driver;
    if (current != null && !ended) {
      current.wakeup();
    }
  }

  @Override
  public void accepted(long handle, StreamBase connection) {
    work++;
    Endpoint endpoint = handles.get(handle);
    if (endpoint != null) {
      try {
        endpoint.accepted(connection);
      } catch (Throwable t) {
        fail(endpoint, t);
      }
    } else {
      connection.close();
    }
  }

  @Override
  public void received(long handle, Chunk lent) {
    work++;
    Endpoint endpoint = handles.get(handle);
    if (endpoint != null) {
      try {
        endpoint.received(lent);
      } catch (Throwable t) {
        fail(endpoint, t);
      }
    }
  }

  @Override
  public void sent(long handle, int result) {
    work++;
    Endpoint endpoint = handles.get(handle);
    if (endpoint != null) {
      try {
        endpoint.sent(result);
      } catch (Throwable t) {
        fail(endpoint, t);
      }
    }
  }

  @Override
  public void polled(long handle, int readiness) {
    work++;
    Endpoint endpoint = handles.get(handle);
    if (endpoint != null) {
      try {
        endpoint.polled(readiness);
      } catch (Throwable t) {
        fail(endpoint, t);
      }
    }
  }

  @Override
  public void finished(long handle, int operation, int status) {
    work++;
    Endpoint endpoint = handles.get(handle);
    if (endpoint != null) {
      try {
        endpoint.finished(operation, status);
      } catch (Throwable t) {
        fail(endpoint, t);
      }
    }
  }

  @Override
  public String toString() {
    return "EventLoop[" + backend.name() + " " + name + "]";
  }
}
