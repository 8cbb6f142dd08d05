package sluice.server;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import sluice.internal.loop.Endpoint;
import sluice.internal.loop.LogBudget;
import sluice.internal.loop.Loop;
import sluice.spi.Addresses;
import sluice.spi.ListenerBase;
import sluice.spi.Operations;
import sluice.spi.Status;
import sluice.spi.StreamBase;

/// Accepts the clients of one listener. Confined to its loop.
final class Acceptor implements Endpoint {
  private static final System.Logger LOG = System.getLogger("sluice");

  private final Server server;
  private final Loop loop;
  private final ListenerBase listener;
  private final List<Layer> layers;
  private final String address;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private long handle;
  private boolean attached;
  private boolean accepting;
  private boolean stopping;

  /// How long the next pause is.
  private Duration pause = Bounds.ACCEPT_PAUSE;

  private final LogBudget pauseLog = new LogBudget(1, Bounds.ACCEPT_PAUSE_TOLD);

  Acceptor(Server server, Loop loop, ListenerBase listener, List<Layer> layers) throws IOException {
    this.server = server;
    this.loop = loop;
    this.listener = listener;
    this.layers = layers;
    address = Addresses.format(listener.localAddress());
  }

  void start() {
    if (stopping) {
      return; // before it could start
    }
    handle = loop.attach(this);
    attached = true;
    accept();
  }

  private void accept() {
    if (!stopping && !accepting) {
      accepting = true;
      loop.driver().accept(handle, listener, Bounds.ACCEPTS_PER_TURN);
    }
  }

  @Override
  public void accepted(StreamBase connection) {
    pause = Bounds.ACCEPT_PAUSE;
    server.place(connection, layers);
  }

  @Override
  public void finished(int operation, int status) {
    accepting = false;
    if (stopping) {
      finish();
      return;
    }
    switch (status) {
      case Status.CREDIT -> accept();
      case Status.NO_DESCRIPTORS, Status.NO_MEMORY -> pause(status);
      default -> {
        LOG.log(
            System.Logger.Level.ERROR,
            "listener.lost address={0} reason=\"{1}\"",
            address,
            Status.describe(status));
        stopping = true;
        finish();
        server.lost(this);
      }
    }
  }

  /// The connection stays in the queue and the listener stays ready, so trying again at once would
  /// only burn the processor.
  private void pause(int status) {
    server.acceptPaused();
    String suppressed = pauseLog.take(loop.nanoTime());
    if (suppressed != null) {
      LOG.log(
          System.Logger.Level.WARNING,
          "accept.paused address={0} reason=\"{1}\"{2}",
          address,
          Status.describe(status),
          suppressed);
    }
    loop.schedule(pause, this::accept);
    Duration doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(Bounds.ACCEPT_PAUSE_MAX) < 0 ? doubled : Bounds.ACCEPT_PAUSE_MAX;
  }

  /// Stops accepting and closes the listener.
  CompletableFuture<Void> stop() {
    if (!stopping) {
      stopping = true;
      if (accepting) {
        loop.driver().cancel(handle, Operations.ACCEPT);
      } else {
        finish();
      }
    }
    return stopped;
  }

  private void finish() {
    listener.close();
    if (attached) {
      attached = false;
      loop.detach(handle);
    }
    stopped.complete(null);
  }

  /// Closes the listener of an acceptor that cannot be started.
  void closeListener() {
    listener.close();
  }

  @Override
  public void end(Throwable cause) {
    var _ = stop();
  }

  @Override
  public void abandon(Throwable cause) {
    stopping = true;
    finish();
  }
}
