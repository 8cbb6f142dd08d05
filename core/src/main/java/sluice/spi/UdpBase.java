package sluice.spi;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.ClosedPollableException;
import sluice.PeerAddress;
import sluice.UdpSocket;

/// A UDP socket as all backends have it: `do...` methods whose results are `>= 0` or a [Status],
/// and the public ones, which check arguments and turn failures into exceptions.
///
/// A failure is not kept, unlike that of a stream: it belongs to one datagram.
public abstract class UdpBase extends PollableBase implements UdpSocket {
  private final String name;
  private final String bound;
  private final boolean ipv4;

  /// The peer it is connected to, or none.
  private final Peer remote = new Peer();

  /// For the calls that are given no holder.
  private final Peer scratch = new Peer();

  /// @param name the backend's, and what the system calls it
  /// @param bound where it is bound
  /// @param ipv4 whether it is a socket of IPv4 only
  protected UdpBase(Backend backend, String name, SocketAddress bound, boolean ipv4) {
    super(backend);
    this.name = name;
    this.bound = Addresses.format(bound);
    this.ipv4 = ipv4;
  }

  /// Receives a datagram into `dst`, moves its position past what was stored, and makes `from` hold
  /// the sender: the datagram's length, which may be more than was stored, or a failure that leaves
  /// both as they were.
  protected abstract int doReceive(ByteBuffer dst, Peer from);

  /// Sends what remains in `src`: `>= 0`, or a failure.
  ///
  /// @param to null for the peer it is connected to
  protected abstract int doSend(ByteBuffer src, @Nullable Peer to);

  /// Connects, when it is not connected, to `peer`, and makes that hold the address which the
  /// system then has for it.
  protected abstract int doConnect(Peer peer);

  /// Ends the connection that there is. An error that is pending is forgotten.
  protected abstract int doDisconnect();

  protected abstract SocketAddress doLocalAddress() throws IOException;

  protected final boolean isConnected() {
    return !remote.isEmpty();
  }

  /// Tells whether a datagram of `sender` is wanted.
  protected final boolean isWanted(Peer sender) {
    return !isConnected() || sender.equals(remote);
  }

  @Override
  public final int receive(ByteBuffer dst) throws IOException {
    return receive(dst, scratch);
  }

  @Override
  public final int receive(ByteBuffer dst, PeerAddress from) throws IOException {
    requireOpen();
    if (dst.isReadOnly()) {
      throw new IllegalArgumentException("dst must be writable, but is read-only");
    }
    begin();
    try {
      int result = doReceive(dst, (Peer) from);
      if (result < Status.AGAIN) {
        throw failed(result, "receive");
      }
      return result;
    } finally {
      release();
    }
  }

  @Override
  public final boolean send(ByteBuffer src, SocketAddress to) throws IOException {
    scratch.set(Addresses.requirePeer(to));
    return send(src, scratch);
  }

  @Override
  public final boolean send(ByteBuffer src, PeerAddress to) throws IOException {
    requireOpen();
    Peer peer = (Peer) to;
    if (peer.isEmpty()) {
      throw new IllegalArgumentException("to must hold an address, but is empty");
    }
    requireFamily(peer);
    if (!isWanted(peer)) {
      throw new SocketException("send on " + this + ": not connected to " + peer);
    }
    return transmit(src, isConnected() ? null : peer);
  }

  @Override
  public final boolean send(ByteBuffer src) throws IOException {
    requireOpen();
    requireConnected("send");
    return transmit(src, null);
  }

  private boolean transmit(ByteBuffer src, @Nullable Peer to) throws IOException {
    begin();
    try {
      int result = doSend(src, to);
      if (result < Status.AGAIN) {
        throw failed(result, "send");
      }
      if (result == Status.AGAIN) {
        return false;
      }
      src.position(src.limit());
      return true;
    } finally {
      release();
    }
  }

  @Override
  public final void connect(SocketAddress to) throws IOException {
    scratch.set(Addresses.requirePeer(to));
    requireFamily(scratch);
    begin();
    try {
      // From one peer to the next Linux would keep the source address, which may not do for it.
      endConnection();
      int result = doConnect(scratch);
      if (result < 0) {
        String what = "connect of " + this + " to " + Addresses.format(to);
        throw Status.toConnectException(result, what, failure());
      }
      remote.copyFrom(scratch);
    } finally {
      release();
    }
  }

  @Override
  public final void disconnect() throws IOException {
    begin();
    try {
      endConnection();
    } finally {
      release();
    }
  }

  private void endConnection() throws IOException {
    if (isConnected()) {
      remote.clear();
      int result = doDisconnect();
      if (result < 0) {
        throw Status.toBindException(result, "disconnect of " + this, failure());
      }
    }
  }

  @Override
  public final SocketAddress localAddress() throws IOException {
    begin();
    try {
      return doLocalAddress();
    } finally {
      release();
    }
  }

  @Override
  public final SocketAddress remoteAddress() throws IOException {
    requireOpen();
    requireConnected("remoteAddress");
    return remote.toSocketAddress();
  }

  private void requireConnected(String call) throws SocketException {
    if (!isConnected()) {
      throw new SocketException(call + " on " + this + ": not connected");
    }
  }

  private void requireFamily(Peer peer) {
    if (ipv4 && !peer.isIpv4()) {
      throw new IllegalArgumentException(
          "the peer must have an IPv4 address, as " + this + " has, and not " + peer);
    }
  }

  private IOException failed(int status, String call) {
    return isOpen()
        ? Status.toDatagramException(status, call + " on " + this, failure())
        : ClosedPollableException.of(this);
  }

  @Override
  public final String toString() {
    return "UdpSocket[" + name + " " + bound + (isConnected() ? " to " + remote : "") + "]";
  }
}
