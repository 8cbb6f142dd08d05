package sluice.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.internal.loop.Failures;
import sluice.internal.loop.LogBudget;
import sluice.internal.loop.Loop;
import sluice.spi.BackendProvider;
import sluice.spi.ListenerBase;
import sluice.spi.Printable;
import sluice.spi.StreamBase;

/// A running multi-client server: one or a few loops that serve every client. Thread-safe.
///
/// A connection stays on the loop it was given, the one with the fewest, for all its life.
public final class Server implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("sluice");

  private final BackendProvider backend;
  private final List<Worker> workers = new ArrayList<>();

  /// Confined to the loop of the first worker.
  private final List<Acceptor> acceptors = new ArrayList<>();

  private final List<SocketAddress> addresses = new ArrayList<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();

  /// Why the server is none any more: the first of its loops, or its last listener, has failed.
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private final AtomicBoolean stopping = new AtomicBoolean();
  private final Limits limits;
  private final Admission admission;
  private final LogBudget refusalLog = new LogBudget();
  private final LogBudget closeLog = new LogBudget();
  private final LogBudget failureLog = new LogBudget();
  private final FailureSites failureSites = new FailureSites();
  private final byte[] refusalMessage;
  private final Watchdog watchdog;

  private Server(Builder builder, List<Loop> loops, List<ListenerBase> listeners)
      throws IOException {
    this.backend = provider(builder.backend());
    this.limits = builder.limits;
    this.refusalMessage = builder.refusalMessage;
    this.admission = new Admission(limits, backend.host());
    for (Loop loop : loops) {
      workers.add(
          new Worker(
              this,
              backend,
              loop,
              Objects.requireNonNull(builder.handlers),
              limits,
              limits.memory / loops.size(),
              admission));
    }
    this.watchdog = new Watchdog(backend.host(), workers);
    for (int i = 0; i < listeners.size(); i++) {
      ListenerBase listener = listeners.get(i);
      acceptors.add(new Acceptor(this, acceptLoop(), listener, builder.wanted.get(i).layers));
      addresses.add(listener.localAddress());
    }
  }

  /// Begins to describe a server.
  public static Builder builder() {
    return new Builder();
  }

  /// Returns the addresses it listens on, with their real ports, in the order given.
  public List<SocketAddress> addresses() {
    return List.copyOf(addresses);
  }

  /// Returns the backend it runs on.
  public Backend backend() {
    return backend;
  }

  /// Returns what it allows its clients.
  public Limits limits() {
    return limits;
  }

  /// Returns what has happened to its clients until now.
  public Counters counters() {
    return Tally.sum(
        workers.stream().map(Worker::tally).toList(), admission.open(), watchdog.blocks());
  }

  /// Returns how many clients each of its loops has now; a moment later they may be others.
  public List<Integer> clientsPerLoop() {
    return workers.stream().map(Worker::load).toList();
  }

  /// Writes `data` to every client that is connected now, as [Connection#write] does. `data` itself
  /// is not changed. Each client gets what one thread broadcasts and writes in the order of that
  /// thread's calls.
  ///
  /// A handler that broadcasts faster than another of the server's loops can write is slowed down:
  /// for a while nothing is read from its client.
  ///
  /// @throws RejectedExecutionException if called from outside faster than the loops can write: 1
  ///   MiB is waiting for one already; or by a handler that does so in spite of being slowed down:
  ///   16 MiB
  public void broadcast(ByteBuffer data) {
    broadcast(data, _ -> true);
  }

  /// [#broadcast] to those clients that `to` chooses. It is asked on each client's own loop, and
  /// should only look; a client for which it throws gets nothing.
  public void broadcast(ByteBuffer data, Predicate<? super Connection> to) {
    Worker here = workerOfCaller();
    int weight = Broadcasts.weight(data);
    int most = here == null ? Bounds.BROADCAST_BYTES_MAX : Bounds.BROADCAST_BYTES_MAX_OF_LOOPS;
    if (here != null) {
      here.broadcasts().deliver(); // what came earlier
    }
    if (here == null || workers.size() > 1) {
      // Copied first: if there is no memory for it, no room was taken.
      ByteBuffer copy = ByteBuffer.allocate(data.remaining()).put(data.duplicate()).flip();
      reserve(weight, most, here);
      for (Worker worker : workers) {
        if (worker != here) {
          worker.broadcasts().add(copy, to);
          if (here != null && worker.broadcasts().isFull()) {
            here.slowDown(worker.broadcasts());
          }
        }
      }
    }
    if (here != null) {
      here.writeToAll(data, to);
    }
  }

  /// Makes room at all workers but `here`, or at none.
  private void reserve(int weight, int most, @Nullable Worker here) {
    for (int i = 0; i < workers.size(); i++) {
      Worker worker = workers.get(i);
      if (worker != here && !worker.broadcasts().reserve(weight, most)) {
        for (Worker before : workers.subList(0, i)) {
          if (before != here) {
            before.broadcasts().unreserve(weight);
          }
        }
        throw new RejectedExecutionException(most + " bytes are waiting to be broadcast already");
      }
    }
  }

  private @Nullable Worker workerOfCaller() {
    for (Worker worker : workers) {
      if (worker.loop().inLoop()) {
        return worker;
      }
    }
    return null;
  }

  /// Waits until the server has stopped.
  ///
  /// @throws IllegalStateException if it stopped because a loop or its last listener failed, or if
  ///   called by one of the server's own callbacks
  public void join() {
    requireOutside("join");
    try {
      backend.host().await(stopped);
    } catch (CompletionException e) {
      throw new IllegalStateException("the server has failed", e.getCause());
    }
  }

  /// Stops the server: it accepts no more, sends what was written, ends every connection, and after
  /// `deadline` drops those that are left. A further call may set an earlier deadline.
  ///
  /// @return completes when all that is done
  public CompletionStage<Void> stop(Duration deadline) {
    Objects.requireNonNull(deadline, "deadline");
    if (stopping.compareAndSet(false, true) && !acceptLoop().enqueue(this::stopAccepting)) {
      workers.forEach(Worker::endWhenEmpty); // that loop has died, and its listeners are closed
    }
    workers.forEach(worker -> worker.stop(deadline));
    return stopped.minimalCompletionStage();
  }

  /// A worker's loop ends when all listeners are closed, what they accepted was taken and its last
  /// connection has ended.
  private void stopAccepting() {
    CompletableFuture<?>[] ends =
        List.copyOf(acceptors).stream().map(Acceptor::stop).toArray(CompletableFuture[]::new);
    var _ =
        CompletableFuture.allOf(ends).whenComplete((_, _) -> workers.forEach(Worker::endWhenEmpty));
  }

  /// Stops and waits; clients have as long as [Limits.Builder#drain] says to take what was written
  /// to them. Never call it on the loop.
  ///
  /// @throws IllegalStateException if called by one of the server's own callbacks
  @Override
  public void close() {
    requireOutside("close");
    stop(limits.drain);
    join();
  }

  private void requireOutside(String method) {
    if (workerOfCaller() != null) {
      throw new IllegalStateException(
          method + " called by a callback of the server itself, which would wait for ever");
    }
  }

  /// A listener has paused, because the system has no descriptors or memory.
  void acceptPaused() {
    workers.getFirst().tally().acceptPaused();
  }

  /// A listener has failed. The others go on; without any, the server is no server.
  void lost(Acceptor acceptor) {
    acceptors.remove(acceptor);
    if (acceptors.isEmpty() && !stopping.get()) {
      fail(new IOException("the last listener was lost"));
    }
  }

  private void fail(Throwable cause) {
    failure.compareAndSet(null, cause);
    stop(limits.drain);
  }

  /// Gives a client that has come to the worker that has the fewest, or refuses it.
  void place(StreamBase socket, List<Layer> layers) {
    Tally tally = workers.getFirst().tally();
    tally.offered();
    Worker best = leastLoaded();
    Admission.Source source = admission.source(socket.peer());
    Refusal refusal =
        stopping.get()
            ? Refusal.DRAIN
            : best.memory().isShort() ? Refusal.MEMORY : admission.decide(source);
    if (refusal == null) {
      tally.accepted();
      best.take(socket, layers, source);
    } else {
      tally.refused(refusal);
      logRefusal(socket, refusal);
      refuse(socket, layers.isEmpty());
    }
  }

  /// Says why, if that can be said at once, and closes. What cannot be sent now is not worth to
  /// wait for, nor is what the client has sent to be read.
  private void refuse(StreamBase socket, boolean mayTell) {
    try (socket) {
      if (mayTell && refusalMessage.length > 0) {
        int _ = socket.write(ByteBuffer.wrap(refusalMessage));
      }
    } catch (IOException _) {
      // it has left already
    }
  }

  private void logRefusal(StreamBase socket, Refusal why) {
    Events.refused(socket, why);
    String suppressed = refusalLog.take(backend.host().nanoTime());
    if (suppressed != null) {
      LOG.log(
          System.Logger.Level.INFO,
          "connection.refused remote={0} reason={1}{2}",
          Printable.of(String.valueOf(socket.peer())),
          why,
          suppressed);
    }
  }

  /// A connection was closed. It is told if a limit or a failure was the reason; what is ordinary
  /// only to who asks for it.
  void logClosed(ServerConnection connection, CloseReason why) {
    Events.closed(connection, why);
    boolean ordinary = why.isOrdinary();
    System.Logger.Level level = ordinary ? System.Logger.Level.DEBUG : System.Logger.Level.INFO;
    if (!LOG.isLoggable(level)) {
      return;
    }
    String suppressed = ordinary ? "" : closeLog.take(backend.host().nanoTime());
    if (suppressed != null) {
      LOG.log(
          level,
          "connection.closed remote={0} reason={1}{2}",
          connection.printableRemote(),
          why,
          suppressed);
    }
  }

  /// A handler threw `t`. Where it was thrown is told in full once in a while; a client that makes
  /// a handler throw at will must not fill the log.
  void logFailure(ServerConnection connection, Throwable t) {
    long now = backend.host().nanoTime();
    String event = "handler.failed remote=" + connection.printableRemote();
    if (failureSites.isNew(t, now)) {
      Failures.log(event, t);
      return;
    }
    String suppressed = failureLog.take(now);
    if (suppressed != null) {
      LOG.log(
          System.Logger.Level.ERROR,
          "{0} class={1} stack=told_before{2}",
          event,
          t.getClass().getName(),
          suppressed);
    }
  }

  private Worker leastLoaded() {
    Worker best = workers.getFirst();
    for (Worker worker : workers) {
      if (worker.load() < best.load()) {
        best = worker;
      }
    }
    return best;
  }

  /// All listeners are on the loop of the first worker.
  private Loop acceptLoop() {
    return workers.getFirst().loop();
  }

  private static BackendProvider provider(Backend backend) {
    return (BackendProvider) backend;
  }

  /// Describes a server. Confined to one thread.
  public static final class Builder {
    private record Wanted(
        @Nullable String host, int port, @Nullable SocketAddress address, List<Layer> layers) {
      SocketAddress resolve() throws UnknownHostException {
        return address != null ? address : new InetSocketAddress(InetAddress.getByName(host), port);
      }
    }

    private final List<Wanted> wanted = new ArrayList<>();
    private @Nullable Supplier<? extends ConnectionHandler> handlers;
    private @Nullable Backend backend;
    private int backlog = 1024;
    private Limits limits = Limits.builder().build();
    private byte[] refusalMessage = {};
    private int loops = 1;

    private Builder() {}

    /// Adds an address to listen on; `port` 0 picks a free one. The name is looked up by [#start].
    ///
    /// @param layers what its clients' bytes go through, the one next to the wire first
    public Builder listen(String host, int port, Layer... layers) {
      if (port < 0 || port > 65535) {
        throw new IllegalArgumentException("port must be between 0 and 65535, not " + port);
      }
      wanted.add(new Wanted(Objects.requireNonNull(host, "host"), port, null, List.of(layers)));
      return this;
    }

    /// Adds an address to listen on: an `InetSocketAddress` or a `UnixDomainSocketAddress`.
    ///
    /// @param layers what its clients' bytes go through, the one next to the wire first
    public Builder listen(SocketAddress address, Layer... layers) {
      Objects.requireNonNull(address, "address");
      wanted.add(new Wanted(null, 0, address, List.of(layers)));
      return this;
    }

    /// Sets what to do with clients. It is shared by all of them, so it keeps no state of one.
    public Builder handler(ConnectionHandler shared) {
      Objects.requireNonNull(shared, "handler");
      handlers = () -> shared;
      return this;
    }

    /// Sets what to do with clients, with a handler for each, which may keep its client's state.
    /// `supplier` is called on the loop; if it throws, that client is dropped.
    public Builder handlerPerConnection(Supplier<? extends ConnectionHandler> supplier) {
      handlers = Objects.requireNonNull(supplier, "supplier");
      return this;
    }

    /// Sets the backend; [Backend#best] if it is not called.
    public Builder backend(Backend chosen) {
      backend = Objects.requireNonNull(chosen, "backend");
      return this;
    }

    /// Sets how many connections may wait to be accepted; 1,024 if it is not called. The system may
    /// cut it.
    public Builder backlog(int connections) {
      if (connections < 1) {
        throw new IllegalArgumentException("backlog must be at least 1, not " + connections);
      }
      backlog = connections;
      return this;
    }

    /// Sets how many loops serve the clients, each on a thread of its own; one if it is not called.
    /// More help when one processor is not enough. A handler shared by all clients is then called
    /// by several threads at a time, though never for one connection.
    public Builder loops(int count) {
      if (count < 1 || count > Bounds.LOOPS_MAX) {
        throw new IllegalArgumentException(
            "loops must be from 1 to " + Bounds.LOOPS_MAX + ", not " + count);
      }
      loops = count;
      return this;
    }

    /// Sets what clients are allowed; the defaults if it is not called.
    public Builder limits(Limits allowed) {
      limits = Objects.requireNonNull(allowed, "limits");
      return this;
    }

    /// Sets what a client is sent that is refused, if its listener has no layers; nothing if it is
    /// not called. It should be short: what the system does not take at once is dropped.
    public Builder refusalMessage(ByteBuffer message) {
      refusalMessage = new byte[message.remaining()];
      message.duplicate().get(refusalMessage);
      return this;
    }

    private Backend backend() {
      Backend chosen = backend;
      if (chosen == null) {
        backend = chosen = Backend.best();
      }
      return chosen;
    }

    /// Opens the listeners and starts to serve. Either all of them listen, or none.
    ///
    /// @throws IllegalStateException if no address or no handler was given
    /// @throws UnknownHostException if a host's name is not known
    /// @throws java.net.BindException if an address is taken, not of this machine or not permitted
    public Server start() throws IOException {
      Events.prepare();
      if (wanted.isEmpty()) {
        throw new IllegalStateException("no address to listen on: call listen first");
      }
      if (handlers == null) {
        throw new IllegalStateException("no handler: call handler first");
      }
      List<ListenerBase> listeners = new ArrayList<>();
      List<Loop> running = new ArrayList<>();
      boolean started = false;
      try {
        for (Wanted one : wanted) {
          ListenerBase listener = (ListenerBase) backend().listen(one.resolve(), backlog);
          listeners.add(listener);
          listener.watchPeers(limits.peerWatch);
        }
        for (int i = 0; i < loops; i++) {
          running.add(Loop.start(provider(backend()), "sluice-loop-" + i));
        }
        Server server = new Server(this, running, listeners);
        server.serve();
        started = true;
        return server;
      } finally {
        if (!started) {
          listeners.forEach(ListenerBase::close);
          running.forEach(Loop::close);
        }
      }
    }
  }

  private void serve() {
    if (!acceptLoop().enqueue(() -> acceptors.forEach(Acceptor::start))) {
      acceptors.forEach(Acceptor::closeListener); // that loop has died, which is told below
    }
    CompletableFuture<?>[] ends = new CompletableFuture<?>[workers.size()];
    for (int i = 0; i < ends.length; i++) {
      ends[i] =
          workers
              .get(i)
              .loop()
              .terminated()
              .whenComplete((_, cause) -> {
                if (cause != null) {
                  fail(cause);
                }
              });
    }
    var _ =
        CompletableFuture.allOf(ends)
            .whenComplete((_, _) -> {
              watchdog.stop();
              Throwable cause = failure.get();
              if (cause == null) {
                stopped.complete(null);
              } else {
                stopped.completeExceptionally(cause);
              }
            });
  }
}
