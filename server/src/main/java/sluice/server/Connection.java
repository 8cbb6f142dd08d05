package sluice.server;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/// One client of a [Server], or one of its own connections to others. Every method may be called
/// from any thread and none waits.
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

  /// From now on reads however much output is queued, instead of waiting until it has become less:
  /// for a handler that does not answer what it reads but passes it on, as a proxy does, and heeds
  /// what [#write] returns. Without it, a client that sends all before it reads anything would wait
  /// for ever for a server that does the same.
  void decouple();

  /// Sends what was written, then the end of the stream; what the peer sends is still delivered.
  /// When its input has ended, too, the connection closes by itself.
  void shutdownOutput();

  /// Sends what was written, then the end of the stream, and closes. What the client still sends is
  /// dropped, for a short while, so that the last answer arrives.
  void close();

  /// Closes at once: output not yet sent is dropped, and a TCP client sees a reset.
  void abort();

  /// Connects out, on this connection's loop: to a database, or to the server behind a proxy.
  ///
  /// The connection returned takes writes at once and sends them when it is connected, which
  /// [ConnectionHandler#onOpen] tells. If that fails, or takes more than ten seconds, it is closed
  /// as [CloseReason#CONNECT_FAILED]. It is decoupled ([#decouple]), because what is sent to a
  /// server may be taken only when its answers are. It ends with this server like every other, but
  /// is no client of it: broadcasts are not for it.
  ///
  /// @param remote a resolved address
  /// @throws IOException if the system refuses at once
  /// @throws java.util.concurrent.RejectedExecutionException if the server is stopping
  Connection connect(SocketAddress remote, ConnectionHandler handler) throws IOException;

  /// Runs `task` on this connection's loop.
  ///
  /// @throws java.util.concurrent.RejectedExecutionException if the loop is closed or overloaded
  void execute(Runnable task);

  /// Tells whether neither [#close] nor [#abort] was called and the connection has not failed.
  boolean isOpen();

  /// Returns the peer's address, or an empty Unix-domain address if it has none.
  SocketAddress remoteAddress();

  /// Returns the server it belongs to.
  Server server();
}
