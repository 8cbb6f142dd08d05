package sluice;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/// A UDP socket: sends and receives datagrams, each whole or not at all. Made by [Backend#bindUdp].
///
/// It exchanges datagrams with anyone until it is connected, and after [#connect] with one peer
/// only. It is readable when a datagram is waiting, or an error; writable when there is room to
/// send. Readiness is a hint: a datagram whose checksum is wrong is dropped when it is looked at.
///
/// **Errors.** That nobody receives at an address is known to a connected socket only: the answer
/// to one of its datagrams makes the next call that sends or receives fail, once, with a
/// [java.net.PortUnreachableException], and a send that fails so has not sent its own datagram. The
/// socket stays good, after this and after every other failure to send or receive.
///
/// **Memory.** On `epoll` a datagram allocates nothing if its peer is in a [PeerAddress], or is the
/// one to which this socket is connected. The socket keeps as much native memory as the longest
/// buffer it was given has bytes, at most 64 KiB. On `nio` receiving and sending allocate, because
/// `DatagramChannel` does, and a socket that has received keeps 64 KiB, without which a cut
/// datagram could not be told from a whole one.
///
/// Broadcast and multicast are not there yet: sending to a broadcast address fails.
///
/// Belongs to one thread at a time, except [#close].
public non-sealed interface UdpSocket extends Pollable {
  /// Receives one datagram: as much of it as `dst` has room for, and the rest is lost.
  ///
  /// @param from is made to hold the sender, and left alone if none was received
  /// @return the length of the whole datagram in bytes, of which at most `dst.remaining()` were
  ///   stored; 0 if it was empty, which is a message like any other; -1 if none is waiting
  /// @throws IllegalArgumentException if `dst` is read-only
  /// @throws ClosedPollableException if this socket is closed
  /// @throws java.net.PortUnreachableException if nobody received an earlier datagram that this
  ///   connected socket has sent
  /// @throws IOException if the system refuses
  int receive(ByteBuffer dst, PeerAddress from) throws IOException;

  /// Receives one datagram from whoever has sent it, as [#receive(ByteBuffer, PeerAddress)] does.
  int receive(ByteBuffer dst) throws IOException;

  /// Sends `src.remaining()` bytes as one datagram, of none if there are none, and moves the
  /// position of `src` past them.
  ///
  /// A datagram has at most 65,507 bytes over IPv4 and 65,527 over IPv6.
  ///
  /// @return true if the system took it, which is not delivered; false if there is no room now, and
  ///   `src` is as before. On `nio` an empty datagram for which there is no room is lost and the
  ///   result is true, because `DatagramChannel` does not tell
  /// @throws IllegalArgumentException if `to` holds no address, or this socket is bound to an IPv4
  ///   address and `to` is none
  /// @throws ClosedPollableException if this socket is closed
  /// @throws java.net.PortUnreachableException if nobody received an earlier datagram that this
  ///   connected socket has sent
  /// @throws java.net.SocketException if this datagram cannot be sent: it is too long, `to` has the
  ///   port 0, cannot be reached or is not the peer to which this socket is connected
  /// @throws IOException if the system refuses
  boolean send(ByteBuffer src, PeerAddress to) throws IOException;

  /// Sends a datagram to `to`, as [#send(ByteBuffer, PeerAddress)] does. Allocates.
  ///
  /// @throws IllegalArgumentException if `to` is not an `InetSocketAddress`, is unresolved, has the
  ///   port 0 or is not of this socket's family
  boolean send(ByteBuffer src, SocketAddress to) throws IOException;

  /// Sends a datagram to the peer to which this socket is connected, as [#send(ByteBuffer,
  /// PeerAddress)] does.
  ///
  /// @throws java.net.SocketException if this socket is not connected
  boolean send(ByteBuffer src) throws IOException;

  /// Connects to one peer, or from one to another, as [#disconnect] and a new connect would.
  /// Nothing is sent and nothing waits: from now on only its datagrams are received, and errors of
  /// sending to it are reported.
  ///
  /// Datagrams of others that are waiting are lost; on `nio` all that are waiting.
  ///
  /// @throws IllegalArgumentException if `remote` is not an `InetSocketAddress`, is unresolved, has
  ///   the port 0 or is not of this socket's family
  /// @throws ClosedPollableException if this socket is closed
  /// @throws IOException if there is no way to `remote`; this socket is not connected then
  void connect(SocketAddress remote) throws IOException;

  /// Ends what [#connect] began: datagrams are received from anyone again. Does nothing if this
  /// socket is not connected. The local address stays. On `nio` a datagram that is waiting may be
  /// lost.
  ///
  /// @throws ClosedPollableException if this socket is closed
  /// @throws java.net.BindException if this socket was bound to the port 0 and another one has
  ///   taken its port in this moment: the system gives such a port up. Close it then
  void disconnect() throws IOException;

  /// Returns the address this socket is bound to, as the system reports it. Bound to all addresses,
  /// it is on one of them while connected.
  ///
  /// @throws ClosedPollableException if this socket is closed
  SocketAddress localAddress() throws IOException;

  /// Returns the address of the peer to which this socket is connected.
  ///
  /// @throws ClosedPollableException if this socket is closed
  /// @throws java.net.SocketException if it is not connected
  SocketAddress remoteAddress() throws IOException;
}
