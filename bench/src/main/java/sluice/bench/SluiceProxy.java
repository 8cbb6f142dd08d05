package sluice.bench;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;

/// One end of a pair in a TCP proxy: what it reads goes to the other, no faster than that takes it.
final class SluiceProxy implements ConnectionHandler {
  /// Where a client is to be connected to; null at the target's own end.
  private final @Nullable SocketAddress target;

  private @Nullable Connection other;

  SluiceProxy(SocketAddress target) {
    this.target = target;
  }

  private SluiceProxy(Connection client) {
    target = null;
    other = client;
  }

  @Override
  public void onOpen(Connection end) throws IOException {
    end.decouple();
    if (target != null) {
      other = end.connect(target, new SluiceProxy(end));
    }
  }

  @Override
  public void onData(Connection end, ByteBuffer data) {
    if (!other().write(data)) {
      end.pauseReading();
    }
  }

  @Override
  public void onWritable(Connection end) {
    other().resumeReading();
  }

  @Override
  public void onInputClosed(Connection end) {
    other().shutdownOutput();
  }

  @Override
  public void onClose(Connection end, CloseReason reason) {
    if (other != null) {
      other.close();
    }
  }

  private Connection other() {
    return Objects.requireNonNull(other);
  }
}
