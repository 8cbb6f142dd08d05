package sluice.program;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;

/// An address on the command line: `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`.
record Address(String text, String host, int port) {
  static Address parse(String text) {
    if (text.startsWith("unix:")) {
      if (text.length() == "unix:".length()) {
        throw bad(text, "the path after unix: is empty");
      }
      try {
        UnixDomainSocketAddress.of(text.substring("unix:".length()));
      } catch (InvalidPathException e) {
        throw bad(text, "the path is not one this system can have: " + e.getReason());
      }
      return new Address(text, "", 0);
    }
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw bad(text, "the port is missing");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw bad(text, "an IPv6 address needs brackets, as in [::1]:8000");
    }
    if (host.indexOf('[') >= 0 || host.indexOf(']') >= 0) {
      throw bad(text, "brackets are for one IPv6 address, as in [::1]:8000");
    }
    if (host.isEmpty()) {
      throw bad(
          text,
          "the host is missing; 127.0.0.1 is this machine, 0.0.0.0 or [::] listens everywhere");
    }
    return new Address(text, host, port(text, text.substring(colon + 1)));
  }

  private static int port(String text, String digits) {
    if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > 65535) {
      throw bad(text, "the port must be a number from 0 to 65535");
    }
    return Integer.parseInt(digits);
  }

  private static CommandLine.TypeConversionException bad(String text, String why) {
    return new CommandLine.TypeConversionException(
        Text.quote(text) + " is not an address: " + why + " (HOST:PORT, [IPV6]:PORT or unix:PATH)");
  }

  boolean isUnix() {
    return text.startsWith("unix:");
  }

  SocketAddress resolve() throws UnknownHostException {
    return isUnix()
        ? UnixDomainSocketAddress.of(text.substring("unix:".length()))
        : new InetSocketAddress(InetAddress.getByName(host), port);
  }

  /// Returns every address of the host, in the order to try them.
  List<SocketAddress> resolveAll() throws UnknownHostException {
    return isUnix()
        ? List.of(resolve())
        : Stream.of(InetAddress.getAllByName(host))
            .<SocketAddress>map(one -> new InetSocketAddress(one, port))
            .toList();
  }
}
