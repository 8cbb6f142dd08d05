package sluice.testkit.simulation;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;

/// One side of a proxy: what its peer sends goes to the other side, no faster than that one takes
/// it; the end of a stream and a reset pass through.
final class Relay implements ConnectionHandler {
  /// How many sides were opened and not closed, of all proxies of a run.
  static final class Count {
    long open;
  }

  /// After so long the server gives up.
  private static final long CONNECT_NANOS = 10_000_000_000L;

  private final SimNetwork network;
  private final long madeAt;
  private final Count count;
  private final @Nullable SocketAddress target;
  private @Nullable Connection other;
  private final int client;
  private boolean opened;

  /// Makes the side of a client, which connects to `target`.
  Relay(SimNetwork network, Count count, SocketAddress target) {
    this(network, count, target, null, -1);
  }

  private Relay(
      SimNetwork network,
      Count count,
      @Nullable SocketAddress target,
      @Nullable Connection other,
      int client) {
    this.network = network;
    this.count = count;
    this.target = target;
    this.other = other;
    this.client = client;
    madeAt = network.schedule.now();
  }

  private Connection other() {
    return Objects.requireNonNull(other, "the other side");
  }

  @Override
  public void onOpen(Connection mine) throws IOException {
    count.open++;
    opened = true;
    mine.decouple();
    SocketAddress to = target;
    if (to != null) {
      int number = SimListener.client(mine.remoteAddress());
      other = mine.connect(to, new Relay(network, count, null, mine, number));
    }
  }

  @Override
  public void onData(Connection mine, ByteBuffer data) {
    if (!other().write(data)) {
      mine.pauseReading();
    }
  }

  @Override
  public void onWritable(Connection mine) {
    other().resumeReading();
  }

  @Override
  public void onInputClosed(Connection mine) {
    other().shutdownOutput();
  }

  @Override
  public void onClose(Connection mine, CloseReason reason) {
    if (opened) {
      count.open--;
    }
    if (reason == CloseReason.CONNECT_FAILED) {
      checkFailure();
    }
    if (reason == CloseReason.CONNECT_FAILED || reason == CloseReason.WRITE_STALL) {
      network.excuse(client);
    }
    if (reason == CloseReason.OK || reason == CloseReason.DRAIN) {
      other().close();
    } else {
      other().abort();
    }
  }

  private void checkFailure() {
    boolean timedOut = network.schedule.now() - madeAt >= CONNECT_NANOS;
    if (!timedOut && --network.failedConnects < 0) {
      network.violate("connect", client, "told that a connect has failed, and none had");
    }
  }
}
