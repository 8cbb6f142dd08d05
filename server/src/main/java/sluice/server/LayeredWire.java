package sluice.server;

import java.nio.ByteBuffer;
import java.util.List;
import sluice.spi.Chunk;

/// The way through the layers of a listener. What they encoded and the system has not taken is kept
/// here; it is little, because no more is encoded above [Bounds#WIRE_BYTES].
final class LayeredWire extends Wire {
  /// One layer and its place among the others.
  private final class Stage implements Layer.Pipe {
    final int index;
    final Layer.Session session;

    Stage(int index, Layer.Session session) {
      this.index = index;
      this.session = session;
    }

    @Override
    public void inward(ByteBuffer bytes) throws Exception {
      if (index + 1 == stages.length) {
        connection.arrived(bytes.asReadOnlyBuffer());
      } else {
        stages[index + 1].decode(bytes.asReadOnlyBuffer());
      }
      bytes.position(bytes.limit());
    }

    @Override
    public void outward(ByteBuffer bytes) throws Exception {
      if (index == 0) {
        encoded.append(bytes);
      } else {
        stages[index - 1].encode(bytes.asReadOnlyBuffer());
      }
      bytes.position(bytes.limit());
    }

    void decode(ByteBuffer bytes) throws Exception {
      session.decode(bytes, this);
      requireTaken(bytes);
    }

    void encode(ByteBuffer bytes) throws Exception {
      session.encode(bytes, this);
      requireTaken(bytes);
    }

    private void requireTaken(ByteBuffer bytes) {
      if (bytes.hasRemaining()) {
        throw new IllegalStateException(
            session.getClass().getName() + " left " + bytes.remaining() + " bytes");
      }
    }
  }

  /// The one next to the wire first.
  private final Stage[] stages;

  private final OutputQueue encoded;

  LayeredWire(ServerConnection connection, List<Layer.Session> layers) {
    super(connection);
    encoded = connection.worker().takeQueue();
    stages = new Stage[layers.size()];
    for (int i = 0; i < stages.length; i++) {
      stages[i] = new Stage(i, layers.get(i));
    }
  }

  @Override
  int send(Chunk data) {
    int failure = flush();
    if (failure < 0) {
      return failure;
    }
    if (encoded.bytes() >= Bounds.WIRE_BYTES || awaitsInput()) {
      return 0;
    }
    ByteBuffer plain = data.view();
    int count = plain.remaining();
    try {
      stages[stages.length - 1].encode(plain);
    } catch (Throwable t) {
      connection.layerFailed(t, false);
      return 0;
    }
    data.buffer().position(data.buffer().limit());
    failure = flush();
    return failure < 0 ? failure : count;
  }

  @Override
  int flush() {
    while (!encoded.isEmpty() && !connection.isSending() && !connection.isEnding()) {
      int result = submit(encoded.head());
      if (result < 0) {
        return result;
      }
      encoded.advance(result);
    }
    return 0;
  }

  @Override
  int sent(int count) {
    encoded.advance(super.sent(count));
    return 0;
  }

  @Override
  long unsentBytes() {
    return encoded.bytes();
  }

  @Override
  boolean awaitsInput() {
    try {
      for (Stage stage : stages) {
        if (!stage.session.isReady()) {
          return true;
        }
      }
    } catch (Throwable t) {
      connection.layerFailed(t, false);
    }
    return false;
  }

  @Override
  void received(Chunk chunk) {
    try {
      stages[0].decode(chunk.view());
    } catch (Throwable t) {
      connection.layerFailed(t, true);
    }
    connection.step();
  }

  @Override
  void inputEnded() {
    try {
      for (Stage stage : stages) {
        stage.session.endInput(stage);
      }
    } catch (Throwable t) {
      connection.layerFailed(t, true);
    }
  }

  @Override
  void endOutput() {
    try {
      for (int i = stages.length - 1; i >= 0; i--) {
        stages[i].session.endOutput(stages[i]);
      }
    } catch (Throwable t) {
      connection.layerFailed(t, false);
    }
  }

  @Override
  void free() {
    encoded.clear();
  }
}
