package sluice;

import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// A socket that accepts connections. Made by [Backend#listen]; readable when one is waiting.
///
/// Belongs to one thread at a time, except [#close].
public non-sealed interface Listener extends Pollable {
  /// Accepts one waiting connection.
  ///
  /// A connection that its client has already reset is returned too: reading it tells.
  ///
  /// @return the connection, or null if none is waiting
  /// @throws ClosedPollableException if this listener is closed
  /// @throws IOException if the system has no descriptors or memory left; the connection stays in
  ///   the queue and a later call can take it
  @Nullable StreamSocket accept() throws IOException;

  /// Returns the address this source is bound to, as the system reports it.
  ///
  /// @throws ClosedPollableException if this source is closed
  SocketAddress localAddress() throws IOException;
}
