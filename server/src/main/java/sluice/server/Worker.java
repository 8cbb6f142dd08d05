package sluice.server;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import sluice.EventLoop;
import sluice.internal.loop.Failures;
import sluice.internal.loop.Loop;
import sluice.spi.BackendProvider;
import sluice.spi.Printable;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// One loop of a server and the connections that live on it, from their first byte to their last.
/// [#take], [#connect], [#load], [#broadcasts] and [#stop] are thread-safe, the rest is confined to
/// the loop.
final class Worker {
  private static final System.Logger LOG = System.getLogger("sluice");

  private final Server server;
  private final BackendProvider backend;
  private final Loop loop;
  private final Supplier<? extends ConnectionHandler> handlers;
  private final Broadcasts broadcasts = new Broadcasts(this);
  private final ConnectionSet connections = new ConnectionSet();
  private final Lent lent = new Lent();
  private final Limits limits;
  private final Deadlines deadlines;
  private final Wheel wheel;
  private final Memory memory;
  private final BroadcastStore store;
  private final Admission admission;
  private final Tally tally = new Tally();

  /// Queues that no connection needs now.
  private final ArrayDeque<OutputQueue> queues = new ArrayDeque<>();

  /// Clients given to this worker that have not ended.
  private final AtomicInteger load = new AtomicInteger();

  /// Connections that something was written to from outside their callbacks.
  private final ArrayDeque<ServerConnection> later = new ArrayDeque<>();

  private boolean laterQueued;

  /// The connection whose handler runs now.
  private @Nullable ServerConnection current;

  private volatile boolean draining;
  private boolean lastTaken;

  Worker(
      Server server,
      BackendProvider backend,
      Loop loop,
      Supplier<? extends ConnectionHandler> handlers,
      Limits limits,
      long memoryShare,
      Admission admission) {
    this.server = server;
    this.backend = backend;
    this.loop = loop;
    this.handlers = handlers;
    this.limits = limits;
    this.deadlines = new Deadlines(limits);
    this.wheel = new Wheel(loop::turnTime, loop.nanoTime(), this::scheduleBehindIo);
    this.memory = new Memory(this, memoryShare);
    this.store = new BroadcastStore(memory::take, memory::changed);
    this.admission = admission;
  }

  /// Runs `task` when its time has come and the system was asked once more: nobody is late whose
  /// bytes have come or gone already.
  EventLoop.Registration scheduleBehindIo(Duration delay, Runnable task) {
    return loop.schedule(
        delay,
        () -> {
          boolean _ = loop.enqueue(task);
        });
  }

  Server server() {
    return server;
  }

  Loop loop() {
    return loop;
  }

  Broadcasts broadcasts() {
    return broadcasts;
  }

  int load() {
    return load.get();
  }

  Lent lent() {
    return lent;
  }

  Limits limits() {
    return limits;
  }

  Deadlines deadlines() {
    return deadlines;
  }

  Wheel wheel() {
    return wheel;
  }

  Memory memory() {
    return memory;
  }

  Admission admission() {
    return admission;
  }

  Tally tally() {
    return tally;
  }

  /// Takes an empty queue.
  OutputQueue takeQueue() {
    OutputQueue queue = queues.poll();
    return queue != null ? queue : new OutputQueue(memory::take, store::released);
  }

  /// Takes back a queue and whatever is still in it.
  void giveBack(OutputQueue queue) {
    queue.clear();
    if (queues.size() < Bounds.QUEUES_KEPT) {
      queues.push(queue);
    }
  }

  // Connections

  /// Takes a client that was admitted, by this worker's loop or another.
  void take(StreamBase socket, List<Layer> layers, Admission.@Nullable Source source) {
    load.incrementAndGet();
    if (loop.inLoop()) {
      open(socket, layers, source);
    } else if (!loop.enqueue(() -> open(socket, layers, source))) {
      lose(socket, source, CloseReason.DRAIN_DEADLINE); // its loop has died
    }
  }

  private void open(StreamBase socket, List<Layer> layers, Admission.@Nullable Source source) {
    if (draining) {
      lose(socket, source, CloseReason.DRAIN);
      return;
    }
    if (limits.sendBuffer > 0) {
      socket.limitSendBuffer(limits.sendBuffer);
    }
    ConnectionHandler handler;
    List<Layer.Session> sessions = new ArrayList<>(layers.size());
    try {
      for (Layer layer : layers) {
        sessions.add(Objects.requireNonNull(layer.open(), "the session of a layer"));
      }
      handler = Objects.requireNonNull(handlers.get(), "the handler supplied");
    } catch (Throwable t) {
      Failures.log("handler.failed", t);
      lose(socket, source, CloseReason.HANDLER_ERROR);
      return;
    }
    start(ServerConnection.accepted(this, socket, handler, sessions, source));
  }

  /// A client that was admitted ends before it has become a connection.
  private void lose(StreamBase socket, Admission.@Nullable Source source, CloseReason why) {
    if (why == CloseReason.DRAIN) {
      socket.close();
    } else {
      socket.abort();
    }
    tallyClosed(source, why);
  }

  private void tallyClosed(Admission.@Nullable Source source, CloseReason why) {
    load.decrementAndGet();
    admission.left(source, why);
    tally.closed(why);
  }

  /// See [Connection#connect].
  Connection connect(SocketAddress remote, ConnectionHandler handler) throws IOException {
    Objects.requireNonNull(handler, "handler");
    if (draining) {
      throw new RejectedExecutionException("the server is stopping");
    }
    StreamBase socket = (StreamBase) backend.connect(remote);
    socket.watchPeer(limits.peerWatch);
    ServerConnection connection = ServerConnection.connecting(this, socket, handler);
    if (loop.inLoop()) {
      start(connection);
    } else if (!loop.enqueue(() -> start(connection))) {
      socket.close();
      throw new RejectedExecutionException("the server is stopping");
    }
    return connection;
  }

  private void start(ServerConnection connection) {
    if (draining) {
      connection.refuse(); // it was asked for just before
      return;
    }
    connections.add(connection);
    try {
      connection.start();
    } catch (Throwable t) { // a defect of ours, which is not the acceptor's
      Failures.log("endpoint.failed", t);
      connection.end(t);
    }
  }

  void connectFailed(ServerConnection connection, int status) {
    LOG.log(
        System.Logger.Level.DEBUG,
        "connect.failed remote={0} reason=\"{1}\"",
        connection.printableRemote(),
        Status.describe(status));
  }

  void protocolBroken(ServerConnection connection, Throwable cause) {
    LOG.log(
        System.Logger.Level.DEBUG,
        "protocol.broken remote={0} reason=\"{1}\"",
        connection.printableRemote(),
        Printable.of(String.valueOf(cause.getMessage())));
  }

  void closed(ServerConnection connection, CloseReason reason) {
    connections.remove(connection);
    if (connection.isClient()) {
      tallyClosed(connection.source(), reason);
    }
    server.logClosed(connection, reason);
    endIfEmpty();
  }

  // Callbacks

  /// The handler of `connection` is about to run. Returns the one that runs already, if any.
  @Nullable ServerConnection enter(ServerConnection connection) {
    ServerConnection outer = current;
    current = connection;
    loop.enter();
    return outer;
  }

  /// Tells whether a handler is running.
  boolean isInCallback() {
    return current != null;
  }

  void leave(@Nullable ServerConnection outer) {
    loop.leave();
    current = outer;
  }

  /// Returns the connection whose handler runs now, as another thread may happen to see it.
  @Nullable ServerConnection current() {
    return current;
  }

  /// The connection whose handler runs now slows down, because it broadcasts more than `elsewhere`
  /// can deliver.
  void slowDown(Broadcasts elsewhere) {
    ServerConnection connection = current;
    if (connection != null) {
      connection.awaitBroadcast(elsewhere);
    }
  }

  /// Brings `connection` forward on the next turn.
  void later(ServerConnection connection) {
    later.add(connection);
    if (!laterQueued) {
      laterQueued = true;
      loop.enqueue(this::stepLater);
    }
  }

  private void stepLater() {
    laterQueued = false;
    for (int i = later.size(); i > 0; i--) {
      step(later.remove());
    }
  }

  /// Brings `connection` forward, whoever the callback in progress belongs to.
  void step(ServerConnection connection) {
    try {
      connection.stepNow();
    } catch (Throwable t) { // a defect of ours, which costs one connection
      Failures.log("endpoint.failed", t);
      connection.end(t);
    }
  }

  /// Writes `data` to the clients that `to` chooses. If that throws for one, the others get theirs
  /// all the same.
  void writeToAll(ByteBuffer data, Predicate<? super Connection> to) {
    Throwable failure = null;
    try (Broadcast broadcast = new Broadcast(store, data)) {
      for (ServerConnection connection : connections) {
        boolean chosen = false;
        try {
          chosen = connection.isClient() && to.test(connection);
        } catch (Throwable t) {
          failure = t;
        }
        if (chosen) {
          writeOne(connection, broadcast);
        }
      }
    }
    if (failure != null) {
      throw new IllegalStateException("the choice of the clients of a broadcast failed", failure);
    }
  }

  private static void writeOne(ServerConnection connection, Broadcast broadcast) {
    try {
      connection.output().write(broadcast);
    } catch (Throwable t) { // there is no memory for it: who broadcasts is not to blame
      Failures.log("endpoint.failed", t);
      connection.end(t);
    }
  }

  /// Returns how much memory those connections hold that are not about to free it.
  long heldBytes() {
    long sum = 0;
    for (ServerConnection connection : connections) {
      sum += connection.isEnding() ? 0 : connection.heldBytes();
    }
    return sum;
  }

  /// Returns the connections that hold most memory, the largest first: at most so many, and none
  /// that holds nothing.
  List<ServerConnection> largest(int most) {
    record Holder(long bytes, ServerConnection connection) {}

    PriorityQueue<Holder> smallestFirst =
        new PriorityQueue<>(most + 1, Comparator.comparingLong(Holder::bytes));
    for (ServerConnection connection : connections) {
      long held = connection.isEnding() ? 0 : connection.heldBytes();
      if (held > 0) {
        smallestFirst.add(new Holder(held, connection));
        if (smallestFirst.size() > most) {
          smallestFirst.remove();
        }
      }
    }
    List<ServerConnection> largestLast = new ArrayList<>(most);
    while (!smallestFirst.isEmpty()) {
      largestLast.add(smallestFirst.remove().connection);
    }
    return largestLast.reversed();
  }

  // Stopping

  /// Ends every connection, and after `deadline` drops those that are left.
  void stop(Duration deadline) {
    loop.enqueue(() -> {
      draining = true;
      loop.schedule(deadline, () -> closeAll(CloseReason.DRAIN_DEADLINE, true));
      int batches = connections.size() / Bounds.DRAIN_CLOSES + 1;
      Duration spread = deadline.dividedBy(2L * batches);
      closeSome(spread.compareTo(Bounds.DRAIN_PAUSE) < 0 ? spread : Bounds.DRAIN_PAUSE);
      endIfEmpty();
    });
  }

  /// Closes the next of those that are still open, and after `pause` more: clients that are told
  /// all at once come back all at once, to whoever serves them next.
  private void closeSome(Duration pause) {
    int closed = 0;
    for (ServerConnection connection : connections) {
      if (closed < Bounds.DRAIN_CLOSES && connection.delivers()) {
        closed++;
        closeOne(connection, CloseReason.DRAIN, false);
      }
    }
    if (closed == Bounds.DRAIN_CLOSES) {
      loop.schedule(pause, () -> closeSome(pause));
    }
  }

  private void closeAll(CloseReason why, boolean now) {
    for (ServerConnection connection : connections) {
      closeOne(connection, why, now);
    }
  }

  private static void closeOne(ServerConnection connection, CloseReason why, boolean now) {
    try {
      connection.close(why, now);
    } catch (Throwable t) { // a defect of ours, which costs that one
      Failures.log("endpoint.failed", t);
      connection.end(t);
    }
  }

  /// No more clients will be given to this worker: its loop ends with its last connection.
  void endWhenEmpty() {
    loop.enqueue(() -> {
      lastTaken = true;
      endIfEmpty();
    });
  }

  private void endIfEmpty() {
    if (draining && lastTaken && connections.isEmpty()) {
      loop.closeLater();
    }
  }
}
