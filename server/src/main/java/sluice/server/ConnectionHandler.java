package sluice.server;

import java.nio.ByteBuffer;

/// What a server does with its clients. Every method is called on the connection's loop, never two
/// at a time for one connection, and must not wait. An exception closes that connection only.
@FunctionalInterface
public interface ConnectionHandler {
  /// Bytes arrived. `data` is lent: valid only during the call, and whatever is not read of it is
  /// not offered again. Writing `data` itself is recognised and not copied.
  void onData(Connection connection, ByteBuffer data) throws Exception;

  /// The connection is open. First, once; never for one that could not be connected out.
  default void onOpen(Connection connection) throws Exception {}

  /// The queued output fell below the low watermark after a [Connection#write] had returned false.
  default void onWritable(Connection connection) throws Exception {}

  /// The peer sent its end of stream; it may still read. By default the connection is closed, after
  /// everything written has been sent.
  default void onInputClosed(Connection connection) throws Exception {
    connection.close();
  }

  /// The client broke the rules of [Frames], and its connection is about to be closed; what is
  /// written now is sent before. `problem` says what it did, in words that may be shown to it.
  default void onBadFrame(Connection connection, String problem) throws Exception {}

  /// The connection has ended. Last, once.
  default void onClose(Connection connection, CloseReason reason) throws Exception {}
}
