package sluice.spi;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.ClosedPollableException;
import sluice.Listener;
import sluice.StreamSocket;

/// A listener with its accept below the edge, where failures are [Status] codes.
public abstract class ListenerBase extends PollableBase implements Listener {
  private int acceptStatus;

  protected ListenerBase(Backend backend) {
    super(backend);
  }

  /// Accepts one connection, or returns null and leaves the reason in [#acceptStatus].
  public final @Nullable StreamBase tryAccept() {
    if (!acquire()) {
      acceptStatus = Status.INVALID;
      return null;
    }
    try {
      return doAccept();
    } finally {
      release();
    }
  }

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
