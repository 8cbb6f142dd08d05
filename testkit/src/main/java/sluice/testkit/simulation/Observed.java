package sluice.testkit.simulation;

import java.nio.ByteBuffer;
import sluice.server.CloseReason;
import sluice.server.Connection;
import sluice.server.ConnectionHandler;

/// A handler whose calls the [Judge] hears of. Now and then it throws.
final class Observed implements ConnectionHandler {
  /// What it throws on purpose.
  static final class Planned extends RuntimeException {
    private static final long serialVersionUID = 1;

    Planned() {
      super("planned");
    }
  }

  private final ConnectionHandler inner;
  private final Judge judge;
  private final SimNetwork network;

  /// How many bytes of a frame the handler is not given.
  private final int footer;

  private final boolean throwing;

  /// Makes a handler of `inner`.
  ///
  /// @param throwing whether it throws, too
  Observed(ConnectionHandler inner, Judge judge, SimNetwork network, int footer, boolean throwing) {
    this.throwing = throwing;
    this.inner = inner;
    this.judge = judge;
    this.network = network;
    this.footer = footer;
  }

  private void maybeThrow(Connection connection) {
    if (throwing
        && connection.isOpen()
        && network.faults.strikes(Fault.HANDLER_THROWS, judge.random)
        && judge.threw(connection)) {
      throw new Planned();
    }
  }

  @Override
  public void onOpen(Connection connection) throws Exception {
    judge.opened(connection);
    inner.onOpen(connection);
    maybeThrow(connection);
  }

  @Override
  public void onData(Connection connection, ByteBuffer data) throws Exception {
    judge.frame(connection, data.remaining() + footer);
    inner.onData(connection, data);
    maybeThrow(connection);
  }

  @Override
  public void onWritable(Connection connection) throws Exception {
    inner.onWritable(connection);
    maybeThrow(connection);
  }

  @Override
  public void onInputClosed(Connection connection) throws Exception {
    judge.inputClosed(connection);
    inner.onInputClosed(connection);
    maybeThrow(connection);
  }

  @Override
  public void onBadFrame(Connection connection, String problem) throws Exception {
    inner.onBadFrame(connection, problem);
  }

  @Override
  public void onClose(Connection connection, CloseReason reason) throws Exception {
    judge.closed(connection, reason);
    inner.onClose(connection, reason);
  }
}
