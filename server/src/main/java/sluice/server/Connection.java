package sluice.server;

import java.net.SocketAddress;
import java.nio.ByteBuffer;

/// One client of a [Server]. Every method may be called from any thread and none waits.
public interface Connection {
  /// Writes all of `src`, or nothing.
  ///
  /// On the loop the bytes are sent when the callback returns; from other threads they are copied
  /// and keep the order of the calls. A handler that gets false should wait for
  /// [ConnectionHandler#onWritable]; meanwhile nothing more is read from this client.
  ///
  /// @return true to go on; false if it was taken but the queue is above its high watermark, or if
  ///   it was not taken: the connection is closed, or has just been closed as
  ///   [CloseReason#OUT_HARD] because the output limit had been reached. `src` is consumed in the
  ///   first two cases only.
  boolean write(ByteBuffer src);

  /// Stops calling [ConnectionHandler#onData] until [#resumeReading]. Nothing is lost: the client
  /// is slowed down by its own full buffers.
  void pauseReading();

  /// Undoes [#pauseReading].
  void resumeReading();

  /// Sends what was written, then the end of the stream, and closes. What the client still sends is
  /// dropped, for a short while, so that the last answer arrives.
  void close();

  /// Closes at once: output not yet sent is dropped, and a TCP client sees a reset.
  void abort();

  /// Runs `task` on this connection's loop.
  ///
  /// @throws java.util.concurrent.RejectedExecutionException if the loop is closed or overloaded
  void execute(Runnable task);

  /// Tells whether neither [#close] nor [#abort] was called and the connection has not failed.
  boolean isOpen();

  /// Returns the client's address, or an empty Unix-domain address if it has none.
  SocketAddress remoteAddress();

  /// Returns the server this is a client of.
  Server server();
}
