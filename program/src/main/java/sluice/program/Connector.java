package sluice.program;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import sluice.Backend;
import sluice.Select;
import sluice.StreamSocket;
import sluice.spi.Addresses;

/// Connects to the first address of a host that takes it.
final class Connector {
  private final Backend backend;

  /// For each address; zero waits as long as the system does.
  private final Duration timeout;

  Connector(Backend backend, Duration timeout) {
    this.backend = backend;
    this.timeout = timeout;
  }

  /// Tries the addresses in order.
  ///
  /// @throws Failure how the last one failed, if none worked
  StreamSocket connect(Address address) throws Failure {
    List<SocketAddress> all;
    try {
      all = address.resolveAll();
    } catch (UnknownHostException _) {
      throw new Failure(
          ExitCode.UNAVAILABLE,
          "unknown host in " + address.text() + ": check the name, or give a number");
    }
    for (Iterator<SocketAddress> rest = all.iterator(); ; ) {
      SocketAddress one = rest.next();
      try {
        return connect(one);
      } catch (IOException e) {
        if (!rest.hasNext()) {
          String which =
              all.size() == 1
                  ? ""
                  : " at %s, the last of %d addresses".formatted(Addresses.format(one), all.size());
          String reason = Failure.reason(e);
          throw new Failure(
              ExitCode.UNAVAILABLE,
              "cannot connect to %s%s: %s; %s"
                  .formatted(address.text(), which, reason, advice(reason)));
        }
      }
    }
  }

  private StreamSocket connect(SocketAddress remote) throws IOException {
    StreamSocket peer = backend.connect(remote);
    List<StreamSocket> connecting = List.of(peer);
    boolean connected = false;
    try {
      while (!peer.finishConnect()) { // writable is decided, not connected
        if (Select.select(List.of(), connecting, List.of(), timeout.isZero() ? null : timeout)
            .isEmpty()) {
          throw new SocketTimeoutException("no answer in " + words(timeout));
        }
      }
      connected = true;
      return peer;
    } finally {
      if (!connected) {
        peer.close();
      }
    }
  }

  private static String words(Duration timeout) {
    return timeout.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
  }

  private static String advice(String reason) {
    if (reason.contains("refused")) {
      return "nobody serves there: start the server, or check the address";
    }
    if (reason.contains("ENOENT")) {
      return "there is no such socket: start the server, or check the path";
    }
    if (reason.contains("no answer")) {
      return "check the address and what filters it, or wait longer with --connect-timeout";
    }
    if (reason.contains("permission")) {
      return "a path: connect as the user who serves there; else a firewall or a route forbids it";
    }
    if (reason.contains("EAGAIN")) {
      return "too many wait for the server already: try again";
    }
    return "check the address and the network";
  }
}
