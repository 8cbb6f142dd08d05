package sluice;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/// One end of a TCP or Unix-domain connection. No call waits: 0 means it would have to.
///
/// Belongs to one thread at a time, except [#close]. After a failure every further read reports the
/// same failure; it never turns into an end of stream. Before [#finishConnect] has returned true,
/// reading, writing and shutting down fail with a `SocketException` and spoil nothing.
public non-sealed interface StreamSocket extends Pollable {
  /// Finishes a connect begun by [Backend#connect]. Call it when the socket is writable.
  ///
  /// @return true if connected, false if still in progress
  /// @throws IOException if the connect failed, of the type that `SocketChannel` would throw; the
  ///   socket is of no further use, close it
  boolean finishConnect() throws IOException;

  /// Reads at most `dst.remaining()` bytes.
  ///
  /// @return the number of bytes read; 0 if none are there yet or `dst` is full; -1 at end of
  ///   stream
  /// @throws IllegalArgumentException if `dst` is read-only
  /// @throws IOException if the connection failed
  int read(ByteBuffer dst) throws IOException;

  /// Writes at most `src.remaining()` bytes and moves its position past those taken.
  ///
  /// @return the number of bytes the system took, possibly 0; taken is not delivered
  /// @throws IOException if the connection failed or its output was shut down
  int write(ByteBuffer src) throws IOException;

  /// Sends the end of stream (FIN) after what was written. A second call does nothing.
  void shutdownOutput() throws IOException;

  /// Sends one byte of urgent data (TCP out-of-band). The peer sees it in the exceptional set.
  ///
  /// @return true if the system took it, false if the send buffer is full
  /// @throws UnsupportedOperationException on a Unix-domain socket
  boolean sendUrgent(byte b) throws IOException;

  /// Receives the pending urgent byte.
  ///
  /// @return 0 to 255, or -1 if there is none
  /// @throws UnsupportedOperationException where the backend cannot read urgent data (NIO), or on a
  ///   Unix-domain socket
  int receiveUrgent() throws IOException;

  /// Returns the address this source is bound to, as the system reports it.
  ///
  /// @throws ClosedPollableException if this source is closed
  SocketAddress localAddress() throws IOException;

  /// Returns the peer's address.
  ///
  /// @throws IOException if this socket is not connected, or its peer has reset it
  SocketAddress remoteAddress() throws IOException;

  /// Closes at once and tells a TCP peer so with a reset; what is queued in the system is lost.
  void abort();
}
