package sluice.spi;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/// How an operation ended, the same on every backend: results are `>= 0`, failures one of these.
///
/// Codes below the seam become exceptions once, here, of the type NIO would throw.
public final class Status {
  /// The operation came to its natural end: end of stream, connected.
  public static final int END = 0;

  /// A receive or accept used up its credit.
  public static final int CREDIT = 1;

  /// The operation was cancelled.
  public static final int CANCELLED = 2;

  /// It would have to wait.
  public static final int AGAIN = -1;

  /// The peer reset the connection.
  public static final int RESET = -2;

  /// The connection's output is closed.
  public static final int PIPE = -3;

  /// Nobody listens there.
  public static final int REFUSED = -4;

  /// The peer did not answer in time.
  public static final int TIMED_OUT = -5;

  /// There is no way to the address.
  public static final int UNREACHABLE = -6;

  /// The process or the system has no descriptors left.
  public static final int NO_DESCRIPTORS = -7;

  /// The system has no memory left for it.
  public static final int NO_MEMORY = -8;

  /// The address is taken.
  public static final int IN_USE = -9;

  /// Not permitted.
  public static final int DENIED = -10;

  /// The source is closed, of another kind or in another state.
  public static final int INVALID = -11;

  /// The datagram is longer than one can be.
  public static final int TOO_LONG = -12;

  /// Anything else; the cause is in the source's or driver's `failure()`.
  public static final int OTHER = -13;

  /// A send that the kernel still works on: its memory is the kernel's until it is reported sent.
  public static final int IN_FLIGHT = Integer.MIN_VALUE;

  private static final String[] TEXT = {
    "would block",
    "connection reset by peer",
    "broken pipe",
    "connection refused",
    "timed out",
    "no route to the address",
    "no file descriptors left",
    "no memory left",
    "address already in use",
    "permission denied",
    "invalid in this state",
    "message too long",
    "failed"
  };

  private Status() {}

  /// Returns words for a status, for logs and messages.
  public static String describe(int status) {
    return switch (status) {
      case END -> "end";
      case CREDIT -> "credit";
      case CANCELLED -> "cancelled";
      case IN_FLIGHT -> "in flight";
      default -> status < 0 && status >= OTHER ? TEXT[-status - 1] : "status " + status;
    };
  }

  /// Returns the exception for a failure to read, write or accept.
  ///
  /// @param what what failed and on which source, for the message
  /// @param cause what the system said, kept for [#OTHER]
  public static IOException toException(int status, String what, @Nullable IOException cause) {
    String message = what + ": " + describe(status);
    return switch (status) {
      case OTHER -> cause != null ? cause : new IOException(message);
      case RESET, INVALID -> caused(new SocketException(message), cause);
      default -> caused(new IOException(message), cause);
    };
  }

  /// Returns the exception for a failure to connect.
  public static IOException toConnectException(
      int status, String what, @Nullable IOException cause) {
    String message = what + ": " + describe(status);
    return switch (status) {
      case REFUSED, TIMED_OUT -> caused(new ConnectException(message), cause);
      case UNREACHABLE -> caused(new NoRouteToHostException(message), cause);
      case OTHER -> cause != null ? named(what, cause) : new IOException(message);
      default -> toException(status, what, cause);
    };
  }

  /// Returns the exception for a failure to send or receive a datagram.
  public static IOException toDatagramException(
      int status, String what, @Nullable IOException cause) {
    String message = what + ": " + describe(status);
    return switch (status) {
      case REFUSED ->
          caused(
              new PortUnreachableException(what + ": nobody receives at the peer's port"), cause);
      case UNREACHABLE -> caused(new NoRouteToHostException(message), cause);
      case OTHER -> cause != null ? named(what, cause) : new IOException(message);
      default -> caused(new SocketException(message), cause);
    };
  }

  /// Returns the exception for a failure to bind or listen.
  public static IOException toBindException(int status, String what, @Nullable IOException cause) {
    String message = what + ": " + describe(status);
    return switch (status) {
      case IN_USE, DENIED -> caused(new BindException(message), cause);
      case OTHER -> cause != null ? named(what, cause) : new IOException(message);
      default -> toException(status, what, cause);
    };
  }

  /// Returns `cause` with what failed in its message: the words of NIO alone name no source.
  private static IOException named(String what, IOException cause) {
    String text = String.valueOf(cause.getMessage());
    if (text.contains(what)) {
      return cause;
    }
    String message = what + ": " + text;
    return caused(
        switch (cause) {
          case BindException _ -> new BindException(message);
          case SocketException _ -> new SocketException(message);
          default -> new IOException(message);
        },
        cause);
  }

  private static IOException caused(IOException failure, @Nullable IOException cause) {
    if (cause != null) {
      failure.initCause(cause);
    }
    return failure;
  }
}
