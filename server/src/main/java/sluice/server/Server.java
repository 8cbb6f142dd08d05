package sluice.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.internal.loop.Loop;
import sluice.spi.BackendProvider;
import sluice.spi.ListenerBase;
import sluice.spi.Printable;
import sluice.spi.StreamBase;

/// A running multi-client server: one thread that serves every client. Thread-safe.
public final class Server implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("sluice");

  private final Backend backend;
  private final Loop loop;
  private final Supplier<? extends ConnectionHandler> handlers;
  private final List<Acceptor> acceptors = new ArrayList<>();
  private final List<SocketAddress> addresses = new ArrayList<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();

  /// Confined to the loop.
  private final Set<ServerConnection> connections = new LinkedHashSet<>();

  private boolean draining;
  private final AtomicInteger broadcastBytes = new AtomicInteger();

  /// The deadline that [#stop] was last given and the loop has not seen.
  private final AtomicReference<@Nullable Duration> stopWithin = new AtomicReference<>();

  private Server(Builder builder, Loop loop, List<ListenerBase> listeners) throws IOException {
    this.backend = builder.backend();
    this.loop = loop;
    this.handlers = Objects.requireNonNull(builder.handlers);
    for (ListenerBase listener : listeners) {
      acceptors.add(new Acceptor(this, loop, listener));
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

  /// Writes `data` to every client that is connected now, as [Connection#write] does. `data` itself
  /// is not changed.
  ///
  /// @throws RejectedExecutionException if called from other threads faster than the loop can
  ///   write: 1 MiB is waiting already
  public void broadcast(ByteBuffer data) {
    broadcast(data, _ -> true);
  }

  /// [#broadcast] to those clients that `to` chooses; it is asked on the loop.
  public void broadcast(ByteBuffer data, Predicate<? super Connection> to) {
    if (loop.inLoop()) {
      writeToAll(data, to);
      return;
    }
    int weight = data.remaining() + Limits.BROADCAST_OVERHEAD_BYTES;
    if (broadcastBytes.addAndGet(weight) > Math.max(weight, Limits.BROADCAST_BYTES_MAX)) {
      broadcastBytes.addAndGet(-weight);
      throw new RejectedExecutionException(
          Limits.BROADCAST_BYTES_MAX + " bytes are waiting to be broadcast already");
    }
    ByteBuffer copy = ByteBuffer.allocate(data.remaining()).put(data.duplicate()).flip();
    loop.enqueue(() -> {
      broadcastBytes.addAndGet(-weight);
      writeToAll(copy, to);
    });
  }

  private void writeToAll(ByteBuffer data, Predicate<? super Connection> to) {
    for (ServerConnection connection : List.copyOf(connections)) {
      if (to.test(connection)) {
        connection.write(data.duplicate());
      }
    }
  }

  /// Waits until the server has stopped.
  ///
  /// @throws IllegalStateException if it stopped because its loop or its last listener failed, or
  ///   if called by one of the server's own callbacks
  public void join() {
    requireOutside("join");
    try {
      provider(backend).host().await(stopped);
    } catch (CompletionException e) {
      throw new IllegalStateException("the server has failed", e.getCause());
    }
  }

  /// Stops the server: it accepts no more, sends what was written, ends every connection, and after
  /// `deadline` drops those that are left.
  ///
  /// @return completes when all that is done
  public CompletionStage<Void> stop(Duration deadline) {
    Objects.requireNonNull(deadline, "deadline");
    if (stopWithin.getAndSet(deadline) == null) {
      loop.enqueue(() -> drain(Objects.requireNonNull(stopWithin.getAndSet(null))));
    }
    return stopped.minimalCompletionStage();
  }

  private void drain(Duration deadline) {
    if (!draining) {
      draining = true;
      CompletableFuture<?>[] ends =
          acceptors.stream().map(Acceptor::stop).toArray(CompletableFuture[]::new);
      CompletableFuture<Void> closed = CompletableFuture.allOf(ends);
      var _ = closed.thenRun(this::endIfEmpty);
      List.copyOf(connections).forEach(c -> c.close(CloseReason.DRAIN, false));
    }
    loop.schedule(
        deadline,
        () -> List.copyOf(connections).forEach(c -> c.close(CloseReason.DRAIN_DEADLINE, true)));
  }

  private void endIfEmpty() {
    if (draining && connections.isEmpty()) {
      loop.closeLater();
    }
  }

  /// Stops and waits; clients have 30 seconds to take what was written to them. Never call it on
  /// the loop.
  ///
  /// @throws IllegalStateException if called by one of the server's own callbacks
  @Override
  public void close() {
    requireOutside("close");
    stop(Limits.DRAIN);
    join();
  }

  private void requireOutside(String method) {
    if (loop.inLoop()) {
      throw new IllegalStateException(
          method + " called by a callback of the server itself, which would wait for ever");
    }
  }

  /// A listener has failed. The others go on; without any, the server is no server.
  void lost(Acceptor acceptor) {
    acceptors.remove(acceptor);
    if (acceptors.isEmpty() && !draining) {
      stopped.completeExceptionally(new IOException("the last listener was lost"));
      drain(Limits.DRAIN);
    }
  }

  void open(Loop owner, StreamBase socket) {
    if (draining) {
      socket.close();
      return;
    }
    ConnectionHandler handler;
    try {
      handler = Objects.requireNonNull(handlers.get(), "the handler supplied");
    } catch (Throwable t) {
      LOG.log(System.Logger.Level.ERROR, "handler.failed", t);
      socket.abort();
      return;
    }
    ServerConnection connection = new ServerConnection(this, owner, socket, handler);
    connections.add(connection);
    connection.start();
  }

  void closed(ServerConnection connection, CloseReason reason) {
    connections.remove(connection);
    LOG.log(
        System.Logger.Level.DEBUG,
        "connection.closed remote={0} reason={1}",
        Printable.of(connection.remoteAddress().toString()),
        reason);
    endIfEmpty();
  }

  private static BackendProvider provider(Backend backend) {
    return (BackendProvider) backend;
  }

  /// Describes a server. Confined to one thread.
  public static final class Builder {
    private record Wanted(@Nullable String host, int port, @Nullable SocketAddress address) {
      SocketAddress resolve() throws UnknownHostException {
        return address != null ? address : new InetSocketAddress(InetAddress.getByName(host), port);
      }
    }

    private final List<Wanted> wanted = new ArrayList<>();
    private @Nullable Supplier<? extends ConnectionHandler> handlers;
    private @Nullable Backend backend;
    private int backlog = 1024;

    private Builder() {}

    /// Adds an address to listen on; `port` 0 picks a free one. The name is looked up by [#start].
    public Builder listen(String host, int port) {
      if (port < 0 || port > 65535) {
        throw new IllegalArgumentException("port must be between 0 and 65535, not " + port);
      }
      wanted.add(new Wanted(Objects.requireNonNull(host, "host"), port, null));
      return this;
    }

    /// Adds an address to listen on: an `InetSocketAddress` or a `UnixDomainSocketAddress`.
    public Builder listen(SocketAddress address) {
      wanted.add(new Wanted(null, 0, Objects.requireNonNull(address, "address")));
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
      if (wanted.isEmpty()) {
        throw new IllegalStateException("no address to listen on: call listen first");
      }
      if (handlers == null) {
        throw new IllegalStateException("no handler: call handler first");
      }
      List<ListenerBase> listeners = new ArrayList<>();
      Loop loop = null;
      boolean started = false;
      try {
        for (Wanted one : wanted) {
          listeners.add((ListenerBase) backend().listen(one.resolve(), backlog));
        }
        loop = Loop.start(provider(backend()), "sluice-loop-0");
        Server server = new Server(this, loop, listeners);
        server.serve();
        started = true;
        return server;
      } finally {
        if (!started) {
          listeners.forEach(ListenerBase::close);
          if (loop != null) {
            loop.close();
          }
        }
      }
    }
  }

  private void serve() {
    var _ =
        loop.terminated()
            .whenComplete((_, cause) -> {
              if (cause == null) {
                stopped.complete(null);
              } else {
                stopped.completeExceptionally(cause);
              }
            });
    loop.enqueue(() -> acceptors.forEach(Acceptor::start));
  }
}
