package sluice.internal.nio;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.util.List;
import java.util.Locale;
import sluice.spi.Status;

/// Turns the exceptions of NIO into the codes of the seam. The JDK keeps no error number, so the
/// words of the system are what there is to go by.
final class NioStatus {
  /// ECONNABORTED, EPERM, EPROTO, ENOPROTOOPT, EOPNOTSUPP, ENONET, EHOSTDOWN and ENETDOWN.
  private static final List<String> ONE_CONNECTION =
      List.of(
          "connection abort",
          "operation not permitted",
          "protocol error",
          "protocol not available",
          "operation not supported",
          "not on the network",
          "host is down",
          "network is down");

  private NioStatus() {}

  static int of(Exception failure) {
    String text = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    return switch (failure) {
      case ClosedChannelException _, NotYetConnectedException _ -> Status.INVALID;
      case NoRouteToHostException _ -> Status.UNREACHABLE;
      case PortUnreachableException _ -> Status.REFUSED;
      case BindException _ when text.contains("in use") -> Status.IN_USE;
      case BindException _ when text.contains("denied") -> Status.DENIED;
      case ConnectException _ when text.contains("refused") -> Status.REFUSED;
      case ConnectException _ when text.contains("timed out") -> Status.TIMED_OUT;
      case IOException _ -> ofText(text);
      default -> Status.OTHER;
    };
  }

  /// The same of a failed accept. What went wrong with the one connection at the head of the queue
  /// is no failure of the listener
  /// ([accept(2)](https://man7.org/linux/man-pages/man2/accept.2.html), "Error handling").
  static int ofAccept(IOException failure) {
    int status = of(failure);
    String text = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    boolean ofOneConnection =
        status == Status.UNREACHABLE || ONE_CONNECTION.stream().anyMatch(text::contains);
    return ofOneConnection ? Status.RESET : status;
  }

  private static int ofText(String text) {
    if (text.contains("reset")) {
      return Status.RESET;
    }
    if (text.contains("broken pipe")) {
      return Status.PIPE;
    }
    if (text.contains("timed out")) {
      return Status.TIMED_OUT;
    }
    if (text.contains("unreachable") || text.contains("no route to host")) {
      return Status.UNREACHABLE;
    }
    if (text.contains("too many open files")) {
      return Status.NO_DESCRIPTORS;
    }
    if (text.contains("cannot allocate memory") || text.contains("no buffer space")) {
      return Status.NO_MEMORY;
    }
    if (text.contains("permission denied")) {
      return Status.DENIED;
    }
    if (text.contains("message too long")) {
      return Status.TOO_LONG;
    }
    if (text.contains("invalid argument")) {
      return Status.INVALID;
    }
    return text.contains("refused") ? Status.REFUSED : Status.OTHER;
  }
}
