package sluice.internal.nio;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.Descriptors;
import sluice.Listener;
import sluice.Pollable;
import sluice.Poller;
import sluice.StreamSocket;
import sluice.UdpSocket;
import sluice.internal.loop.SystemHost;
import sluice.spi.Addresses;
import sluice.spi.BackendProvider;
import sluice.spi.Capability;
import sluice.spi.Host;
import sluice.spi.SocketFile;
import sluice.spi.Status;

/// The portable backend: works everywhere, knows no exceptional condition.
public final class NioBackend implements BackendProvider {
  private static final String NO_EXCEPTIONAL =
      "the backend nio has no exceptional condition: java.nio cannot see urgent data; use epoll";

  private static final String NO_DESCRIPTORS =
      "the backend nio has no descriptors: java.nio watches its own sockets and pipes only;"
          + " use epoll";

  private final NioSelect select = new NioSelect(this);

  /// For `ServiceLoader`.
  public NioBackend() {}

  @Override
  public String name() {
    return "nio";
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public @Nullable String refusal() {
    return null;
  }

  @Override
  public Host host() {
    return SystemHost.INSTANCE;
  }

  @Override
  public Listener listen(SocketAddress address, int backlog) throws IOException {
    Addresses.checkListen(address, backlog);
    ServerSocketChannel channel = ServerSocketChannel.open(family(address));
    try {
      channel.configureBlocking(false);
      if (address instanceof InetSocketAddress) {
        channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      }
      SocketFile file = null;
      if (address instanceof UnixDomainSocketAddress unix) {
        file = SocketFile.bind(this, unix, () -> bindUnix(channel, unix, backlog));
      } else {
        channel.bind(address, backlog);
      }
      return new NioListener(this, channel, file);
    } catch (IOException e) {
      closeQuietly(channel);
      int status = NioStatus.of(e);
      throw Status.toBindException(status, "listen on " + Addresses.format(address), e);
    }
  }

  /// NIO has no way to a mode before there is a file: until it is set, the umask decides who else
  /// can connect.
  private static boolean bindUnix(
      ServerSocketChannel channel, UnixDomainSocketAddress address, int backlog)
      throws IOException {
    try {
      channel.bind(address, backlog);
    } catch (BindException e) {
      if (NioStatus.of(e) == Status.IN_USE) {
        return false;
      }
      throw e;
    }
    SocketFile.makePrivate(address);
    return true;
  }

  @Override
  public StreamSocket connect(SocketAddress remote) throws IOException {
    Addresses.checkConnect(remote);
    SocketChannel channel = SocketChannel.open(family(remote));
    try {
      channel.configureBlocking(false);
      if (remote instanceof InetSocketAddress) {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      }
      boolean connected = channel.connect(remote);
      return NioStream.ofConnecting(this, channel, remote, connected);
    } catch (IOException | UnresolvedAddressException e) {
      closeQuietly(channel);
      int status = NioStatus.of(e);
      IOException cause = e instanceof IOException io ? io : new IOException(e);
      throw Status.toConnectException(status, "connect to " + Addresses.format(remote), cause);
    }
  }

  @Override
  public UdpSocket bindUdp(SocketAddress local) throws IOException {
    InetSocketAddress address = Addresses.requireInet(local);
    ProtocolFamily family = family(address);
    DatagramChannel channel = DatagramChannel.open(family);
    try {
      channel.configureBlocking(false);
      channel.bind(address);
      return new NioUdp(this, channel, family == StandardProtocolFamily.INET);
    } catch (IOException e) {
      closeQuietly(channel);
      int status = NioStatus.of(e);
      throw Status.toBindException(status, "bind to " + Addresses.format(address), e);
    }
  }

  private static ProtocolFamily family(SocketAddress address) {
    return switch (address) {
      case UnixDomainSocketAddress _ -> StandardProtocolFamily.UNIX;
      case InetSocketAddress inet when inet.getAddress() instanceof java.net.Inet6Address ->
          StandardProtocolFamily.INET6;
      default -> StandardProtocolFamily.INET;
    };
  }

  @Override
  public Descriptors descriptors() {
    throw new UnsupportedOperationException(NO_DESCRIPTORS);
  }

  @Override
  public <A> Poller<A> openPoller() throws IOException {
    return new NioPoller<>(this);
  }

  @Override
  public int select(Pollable[] sources, int[] interests, int[] readiness, long timeoutNanos)
      throws IOException {
    return select.select(sources, interests, readiness, timeoutNanos);
  }

  @Override
  public void checkInterest(int interest) {
    if ((interest & 4) != 0) {
      throw new UnsupportedOperationException(NO_EXCEPTIONAL);
    }
  }

  @Override
  public List<Capability> capabilities() {
    String since = "Java 25";
    return List.of(
        Capability.used("sockets, pollers, loops, two sets of select", since),
        Capability.ofPresence(
            "exceptional set of select, urgent data", since, false, NO_EXCEPTIONAL),
        Capability.ofPresence("files, terminals, timers, signals", since, false, NO_DESCRIPTORS));
  }

  static void closeQuietly(@Nullable Closeable closeable) {
    if (closeable != null) {
      try {
        closeable.close();
      } catch (IOException _) {
        // nothing is left to do with it
      }
    }
  }
}
