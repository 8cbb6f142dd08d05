package sluice.spi;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/// Checks and writes socket addresses.
public final class Addresses {
  private Addresses() {}

  /// Checks the arguments of [sluice.Backend#listen].
  public static void checkListen(SocketAddress address, int backlog) {
    check(address);
    if (address instanceof UnixDomainSocketAddress unix && unix.getPath().toString().isEmpty()) {
      throw new IllegalArgumentException("address must have a path, the one given is empty");
    }
    if (backlog < 1) {
      throw new IllegalArgumentException("backlog must be at least 1, not " + backlog);
    }
  }

  /// Checks the argument of [sluice.Backend#connect].
  public static void checkConnect(SocketAddress remote) {
    check(remote);
    if (remote instanceof InetSocketAddress inet && inet.getPort() == 0) {
      throw new IllegalArgumentException("remote must have a port, " + format(remote) + " has 0");
    }
  }

  /// Returns `remote` if a datagram can go there.
  public static InetSocketAddress requirePeer(SocketAddress remote) {
    checkConnect(remote);
    return requireInet(remote);
  }

  /// Returns `address` if it is a resolved one of the internet.
  public static InetSocketAddress requireInet(SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet)) {
      throw new IllegalArgumentException("address must be an InetSocketAddress, not " + address);
    }
    requireResolved(inet);
    return inet;
  }

  private static void requireResolved(InetSocketAddress address) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException(
          "address must be resolved, the host " + address.getHostString() + " is unknown");
    }
  }

  private static void check(SocketAddress address) {
    switch (address) {
      case InetSocketAddress inet -> requireResolved(inet);
      case UnixDomainSocketAddress _ -> {}
      default ->
          throw new IllegalArgumentException(
              "address must be an InetSocketAddress or a UnixDomainSocketAddress, not " + address);
    }
  }

  /// Returns `127.0.0.1:8000`, `[::1]:8000` or `unix:/path`.
  public static String format(SocketAddress address) {
    return switch (address) {
      case InetSocketAddress inet when inet.getAddress() instanceof Inet6Address six ->
          "[" + six.getHostAddress() + "]:" + inet.getPort();
      case InetSocketAddress inet when inet.getAddress() != null ->
          inet.getAddress().getHostAddress() + ":" + inet.getPort();
      case UnixDomainSocketAddress unix -> "unix:" + unix.getPath();
      default -> address.toString();
    };
  }
}
