package sluice.server;

import java.nio.ByteBuffer;
import java.util.function.Supplier;

/// A handler that gets frames. What is known of a client's unfinished frame is kept with its
/// connection.
final class Framed implements ConnectionHandler {
  private final Supplier<FrameDecoder> decoders;
  private final ConnectionHandler inner;

  Framed(Supplier<FrameDecoder> decoders, ConnectionHandler inner) {
    this.decoders = decoders;
    this.inner = inner;
  }

  private FrameDecoder decoder(Connection connection) {
    return ((ServerConnection) connection).state(this, decoders);
  }

  @Override
  public void onData(Connection connection, ByteBuffer data) throws Exception {
    ServerConnection client = (ServerConnection) connection;
    FrameDecoder decoder = decoder(connection);
    int limit = data.limit();
    for (int frames = 0; data.hasRemaining(); frames++) {
      if (frames == Limits.FRAMES_PER_TURN || !client.wantsMore()) {
        client.keepRest();
        return;
      }
      int count = decoder.scan(data);
      if (count == FrameDecoder.TOO_LONG) {
        fail(connection, CloseReason.FRAME_TOO_LONG, "a frame is longer than its limit");
        return;
      }
      if (count == FrameDecoder.MORE) {
        decoder.keep(data, data.remaining());
        return;
      }
      if (decoder.keptBytes() > 0) {
        decoder.keep(data, count);
        inner.onData(connection, decoder.takeKept(decoder.header(), decoder.footer()));
      } else {
        int next = data.position() + count;
        data.limit(next - decoder.footer()).position(data.position() + decoder.header());
        inner.onData(connection, data);
        data.limit(limit).position(next);
      }
    }
  }

  private void fail(Connection connection, CloseReason reason, String problem) throws Exception {
    inner.onBadFrame(connection, problem);
    ((ServerConnection) connection).close(reason, false);
  }

  @Override
  public void onInputClosed(Connection connection) throws Exception {
    FrameDecoder decoder = decoder(connection);
    if (decoder.keptBytes() > 0 && !decoder.mayEndUnfinished()) {
      fail(connection, CloseReason.PROTOCOL, "the input ended inside a frame");
      return;
    }
    if (decoder.keptBytes() > 0) {
      inner.onData(connection, decoder.takeKept(0, 0));
    }
    inner.onInputClosed(connection);
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
  public void onBadFrame(Connection connection, String problem) throws Exception {
    inner.onBadFrame(connection, problem);
  }

  @Override
  public void onClose(Connection connection, CloseReason reason) throws Exception {
    inner.onClose(connection, reason);
  }
}
