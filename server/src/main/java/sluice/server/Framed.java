package sluice.server;

import java.nio.ByteBuffer;
import java.util.function.Function;

/// A handler that gets frames. What is known of a client's unfinished frame is kept with its
/// connection.
final class Framed implements ConnectionHandler {
  private static final String TOO_LONG = "a frame is longer than its limit";

  private final Function<Limits, FrameDecoder> decoders;
  private final ConnectionHandler inner;

  Framed(Function<Limits, FrameDecoder> decoders, ConnectionHandler inner) {
    this.decoders = decoders;
    this.inner = inner;
  }

  private FrameDecoder decoder(Connection connection) {
    return ((ServerConnection) connection).state(this, decoders);
  }

  @Override
  public void onData(Connection connection, ByteBuffer data) throws Exception {
    ServerConnection client = (ServerConnection) connection;
    boolean outermost = client.enterFrames(data);
    try {
      cut(client, data, outermost);
    } finally {
      client.leaveFrames();
    }
  }

  /// Delivers the frames of `data`; what is left of it can be kept if the connection lent it.
  private void cut(ServerConnection client, ByteBuffer data, boolean mayKeepRest) throws Exception {
    FrameDecoder decoder = decoder(client);
    int limit = data.limit();
    for (int frames = 0; data.hasRemaining() && client.delivers(); frames++) {
      if (mayKeepRest && (frames >= Bounds.FRAMES_PER_TURN || !client.wantsMore())) {
        client.keepRest();
        return;
      }
      int count = decoder.scan(data);
      if (count == FrameDecoder.TOO_LONG) {
        fail(client, CloseReason.FRAME_TOO_LONG, TOO_LONG);
        return;
      }
      if (count == FrameDecoder.MORE) {
        keep(client, decoder, data, data.remaining());
        return;
      }
      client.gate().frameEnded();
      if (decoder.keptBytes() > 0) {
        keep(client, decoder, data, count);
        inner.onData(client, takeKept(client, decoder, decoder.header(), decoder.footer()));
      } else {
        int next = data.position() + count;
        data.limit(next - decoder.footer()).position(data.position() + decoder.header());
        inner.onData(client, data);
        data.limit(limit).position(next);
      }
    }
  }

  private static void keep(
      ServerConnection client, FrameDecoder decoder, ByteBuffer data, int count) {
    boolean begins = decoder.keptBytes() == 0;
    int before = decoder.heldBytes();
    decoder.keep(data, count);
    client.worker().memory().frames(decoder.heldBytes() - before);
    if (begins) {
      client.frameBegan(decoder);
    }
  }

  private static ByteBuffer takeKept(
      ServerConnection client, FrameDecoder decoder, int header, int footer) {
    int before = decoder.heldBytes();
    ByteBuffer frame = decoder.takeKept(header, footer);
    client.worker().memory().frames(decoder.heldBytes() - before);
    return frame;
  }

  private void fail(ServerConnection client, CloseReason reason, String problem) throws Exception {
    inner.onBadFrame(client, problem);
    client.closeAs(reason);
  }

  @Override
  public void onInputClosed(Connection connection) throws Exception {
    ServerConnection client = (ServerConnection) connection;
    FrameDecoder decoder = decoder(connection);
    if (decoder.keptBytes() > 0) {
      switch (decoder.atEnd()) {
        case FrameDecoder.MORE -> {
          fail(client, CloseReason.PROTOCOL, "the input ended inside a frame");
          return;
        }
        case FrameDecoder.TOO_LONG -> {
          fail(client, CloseReason.FRAME_TOO_LONG, TOO_LONG);
          return;
        }
        default -> {
          client.gate().frameEnded();
          inner.onData(connection, takeKept(client, decoder, 0, 0));
        }
      }
      if (!client.delivers()) {
        return; // closed with that line
      }
      if (!client.wantsMore()) {
        client.keepEnd(); // paused with that line
        return;
      }
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
