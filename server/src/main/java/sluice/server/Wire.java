package sluice.server;

import static sluice.spi.Operations.SEND;

import java.nio.ByteBuffer;
import sluice.spi.Chunk;
import sluice.spi.Status;

/// The way of a connection's bytes to its socket and back: straight. Confined to its loop.
class Wire {
  final ServerConnection connection;
  private long sentBytes;

  Wire(ServerConnection connection) {
    this.connection = connection;
  }

  /// Takes bytes of `data`, moving its position: how many, or the failure. After fewer than all,
  /// either a send is in progress, or input is awaited first.
  int send(Chunk data) {
    return submit(data);
  }

  /// Submits a send: how many bytes the system took at once, or the failure.
  final int submit(Chunk data) {
    int asked = data.buffer().remaining();
    int result = connection.loop().driver().send(connection.handle(), connection.socket(), data);
    if (result < 0 && result != Status.AGAIN && result != Status.IN_FLIGHT) {
      return result;
    }
    int count = Math.max(result, 0);
    took(count);
    if (count < asked) {
      connection.began(SEND);
      connection.output().sending();
    }
    return count;
  }

  /// The send in progress has ended and has taken `count` bytes more. Returns how many of them are
  /// the connection's own.
  int sent(int count) {
    took(count);
    return count;
  }

  /// The system took `count` bytes.
  final void took(int count) {
    if (count == 0) {
      return;
    }
    sentBytes += count;
    connection.wasActive();
    if (connection.isClient()) {
      connection.worker().tally().sent(count);
    }
  }

  /// Sends what was taken and not sent: 0 or the failure.
  int flush() {
    return 0;
  }

  /// Returns how many bytes were taken and not sent.
  long unsentBytes() {
    return 0;
  }

  /// Tells whether nothing more is taken before something was received.
  boolean awaitsInput() {
    return false;
  }

  /// Bytes arrived. Brings the connection forward, too.
  void received(Chunk chunk) {
    connection.arrived(chunk);
  }

  /// The end of the stream arrived.
  void inputEnded() {}

  /// All was taken and the end of the stream follows.
  void endOutput() {}

  /// Returns a number that has changed if the peer has taken anything. That the system takes
  /// nothing does not say that it has not: the system waits until a good part of its buffer is
  /// free, while a slow reader may be reading all the time.
  final long progress() {
    return sentBytes - Math.max(0, connection.socket().unsentBytes());
  }

  /// Tells whether the peer is known to have taken all that the system has.
  final boolean isTaken() {
    return connection.socket().unsentBytes() == 0;
  }

  /// Tells whether [#progress] sees what the system has taken and the peer has not.
  final boolean seesUnsent() {
    return connection.socket().unsentBytes() >= 0;
  }

  void free() {}

  /// Overwrites what a callback was lent, so that whoever kept it is found out. For assertions.
  static boolean poison(ByteBuffer memory, int from, int to) {
    ByteBuffer all = memory.duplicate().clear();
    for (int i = from; i < to; i++) {
      all.put(i, (byte) 0xDB);
    }
    return true;
  }
}
