package sluice;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;
import sluice.spi.Backends;

/// Where sockets, pollers and loops come from: one way of asking the operating system.
///
/// Sources of different backends cannot be watched together. Thread-safe.
public interface Backend {
  /// Returns the most capable backend that works here. When a better one cannot run, one log line
  /// says so with the reason, once.
  static Backend best() {
    return Backends.best();
  }

  /// Returns the backend called `name`: `io_uring`, `epoll` or `nio`.
  ///
  /// @throws IllegalArgumentException if there is no such backend; the message lists those there
  ///   are
  /// @throws UnsupportedOperationException if it cannot run here; the message says why
  static Backend of(String name) {
    return Backends.of(name);
  }

  /// Returns every backend that works here, best first.
  static List<Backend> available() {
    return Backends.available();
  }

  /// Returns the name [#of] takes.
  String name();

  /// Opens a listener that accepts at once: on an `InetSocketAddress` (port 0 picks one) or a
  /// `UnixDomainSocketAddress`. Addresses of closed connections do not block it (`SO_REUSEADDR`).
  ///
  /// The file of a Unix-domain listener has mode 0600; change it to let others connect. On `nio`
  /// the umask decides for the moment before that is set. `close` deletes the file, unless another
  /// one has taken its place. A socket that nobody listens on any more, left behind at the path, is
  /// replaced; to find out, `listen` connects to it once. Any other file makes it fail and is not
  /// deleted. A path has at most 107 bytes, on `nio` 106.
  ///
  /// @param backlog how many connections may wait to be accepted; the system may cut it
  /// @throws IllegalArgumentException if the address is unresolved, of an unknown kind or an empty
  ///   path, or `backlog` is not positive
  /// @throws java.net.BindException if the address is taken, not of this machine or not permitted
  Listener listen(SocketAddress address, int backlog) throws IOException;

  /// Begins to connect. The socket is writable when the outcome is known, which
  /// [StreamSocket#finishConnect] tells.
  ///
  /// @throws IllegalArgumentException if the address is unresolved or of an unknown kind
  StreamSocket connect(SocketAddress remote) throws IOException;

  /// Opens a UDP socket bound to `local`, an `InetSocketAddress`; port 0 picks one. Bound to an
  /// IPv6 address, it exchanges datagrams with IPv4 peers, too, where that address allows it.
  ///
  /// @throws IllegalArgumentException if the address is not an `InetSocketAddress` or is unresolved
  /// @throws java.net.BindException if the address is taken, not of this machine or not permitted
  UdpSocket bindUdp(SocketAddress local) throws IOException;

  /// Returns where descriptors come from.
  ///
  /// @throws UnsupportedOperationException if this backend knows sockets only (NIO); says why
  Descriptors descriptors();

  /// Opens a poller.
  <A> Poller<A> openPoller() throws IOException;

  /// Starts an event loop on a platform thread of its own, called `name`.
  EventLoop openLoop(String name) throws IOException;
}
