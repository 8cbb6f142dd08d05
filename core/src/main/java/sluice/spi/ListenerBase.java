package sluice.spi;

import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.ClosedPollableException;
import sluice.Listener;
import sluice.StreamSocket;

/// A listener with its accept below the edge, where failures are [Status] codes.
public abstract class ListenerBase extends PollableBase implements Listener {
  private int acceptStatus;

  /// Connections that the system accepted for someone who had enough. They are as if they were not
  /// accepted yet.
  private final ArrayDeque<StreamBase> givenBack = new ArrayDeque<>(0);

  protected ListenerBase(Backend backend) {
    super(backend);
  }

  /// Has the system watch the peers of all connections that it establishes from now on, before they
  /// are accepted.
  public final void watchPeers(PeerWatch watch) {
    if (acquire()) {
      try {
        doWatchPeers(watch);
      } finally {
        release();
      }
    }
  }

  /// Does nothing where the system cannot.
  protected void doWatchPeers(PeerWatch watch) {}

  /// Accepts one connection, or returns null and leaves the reason in [#acceptStatus].
  public final @Nullable StreamBase tryAccept() {
    if (!acquire()) {
      acceptStatus = Status.INVALID;
      return null;
    }
    try {
      StreamBase first = givenBack.poll();
      return first != null ? first : doAccept();
    } finally {
      release();
    }
  }

  /// Takes a connection back, which [#tryAccept] returns again. Call it in between `acquire` and
  /// `release`.
  public final void giveBack(StreamBase connection) {
    givenBack.add(connection);
  }

  /// Tells whether [#tryAccept] returns a connection without asking the system.
  public final boolean hasGivenBack() {
    return !givenBack.isEmpty();
  }

  /// Takes what the system reported for an accept that it carried out by itself: returns the
  /// connection, or null and leaves the reason in [#acceptStatus].
  public @Nullable StreamBase completeAccept(int result) {
    throw new UnsupportedOperationException("the backend " + backend().name() + " has no driver");
  }

  @Override
  protected final void free() {
    givenBack.forEach(StreamBase::abort);
    freeListener();
  }

  /// Gives the listener itself back to the system.
  protected abstract void freeListener();

  /// Returns why the last [#tryAccept] returned null.
  public final int acceptStatus() {
    return acceptStatus;
  }

  /// Accepts, or returns [#noConnection] with the reason.
  protected abstract @Nullable StreamBase doAccept();

  protected final @Nullable StreamBase noConnection(int status) {
    acceptStatus = status;
    return null;
  }

  @Override
  public final @Nullable StreamSocket accept() throws IOException {
    while (true) {
      StreamBase connection = tryAccept();
      if (connection != null) {
        return connection;
      }
      switch (acceptStatus) {
        case Status.AGAIN -> {
          return null;
        }
        case Status.RESET -> {} // that connection is gone; the next may be there
        default -> {
          if (!isOpen()) {
            throw ClosedPollableException.of(this);
          }
          throw Status.toException(acceptStatus, "accept on " + this, failure());
        }
      }
    }
  }
}
