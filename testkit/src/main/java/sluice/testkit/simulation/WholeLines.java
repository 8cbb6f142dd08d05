package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;

/// Hands each line on with the end that was taken from it.
final class WholeLines implements ConnectionHandler {
  private final ConnectionHandler inner;

  WholeLines(ConnectionHandler inner) {
    this.inner = inner;
  }

  @Override
  public void onData(Connection connection, ByteBuffer line) throws Exception {
    ByteBuffer whole = ByteBuffer.allocate(line.remaining() + 1).put(line).put((byte) '\n');
    inner.onData(connection, whole.flip());
  }

  @Override
  public void onOpen(Connection connection) throws Exception {
    inner.onOpen(connection);
  }

  @Override
  public void onWritable(Connection connection) throws Exception {
    inner.onWritable(connection);
  }

  @Override
  public void onInputClosed(Connection connection) throws Exception {
    inner.onInputClosed(connection);
  }

  @Override
  public void onClose(Connection connection, CloseReason reason) throws Exception {
    inner.onClose(connection, reason);
  }
}
