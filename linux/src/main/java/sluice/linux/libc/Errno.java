package sluice.linux.libc;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import sluice.linux.abi.ErrnoH;
import sluice.spi.Status;

/// Turns error numbers into the codes of the seam and into words. They are passed as the calls
/// return them, negated.
public final class Errno {
  private Errno() {}

  /// Returns the [Status] of a failed call on a socket.
  public static int status(int negated) {
    return switch (-negated) {
      case ErrnoH.EAGAIN, ErrnoH.EINPROGRESS -> Status.AGAIN;
      case ErrnoH.ECONNRESET -> Status.RESET;
      case ErrnoH.EPIPE -> Status.PIPE;
      case ErrnoH.ECONNREFUSED -> Status.REFUSED;
      case ErrnoH.ETIMEDOUT -> Status.TIMED_OUT;
      case ErrnoH.EHOSTUNREACH, ErrnoH.ENETUNREACH, ErrnoH.EHOSTDOWN, ErrnoH.ENETDOWN ->
          Status.UNREACHABLE;
      case ErrnoH.EMFILE, ErrnoH.ENFILE -> Status.NO_DESCRIPTORS;
      case ErrnoH.ENOMEM, ErrnoH.ENOBUFS -> Status.NO_MEMORY;
      case ErrnoH.EADDRINUSE -> Status.IN_USE;
      case ErrnoH.EACCES, ErrnoH.EPERM -> Status.DENIED;
      case ErrnoH.EBADF, ErrnoH.EINVAL, ErrnoH.ENOTCONN, ErrnoH.ENOTSOCK -> Status.INVALID;
      case ErrnoH.EMSGSIZE -> Status.TOO_LONG;
      case ErrnoH.ECANCELED -> Status.CANCELLED;
      default -> Status.OTHER;
    };
  }

  /// Returns the [Status] of a failed accept. What went wrong with the one connection at the head
  /// of the queue is no failure of the listener
  /// ([accept(2)](https://man7.org/linux/man-pages/man2/accept.2.html), "Error handling").
  public static int acceptStatus(int negated) {
    return switch (-negated) {
      case ErrnoH.ECONNABORTED,
          ErrnoH.EPERM,
          ErrnoH.EPROTO,
          ErrnoH.ENOPROTOOPT,
          ErrnoH.EOPNOTSUPP,
          ErrnoH.ENONET,
          ErrnoH.EHOSTDOWN,
          ErrnoH.ENETDOWN,
          ErrnoH.EHOSTUNREACH,
          ErrnoH.ENETUNREACH ->
          Status.RESET;
      default -> status(negated);
    };
  }

  /// Returns the exception for a failure that has no [Status] of its own.
  public static IOException exception(String call, int negated) {
    return new IOException(call + ": " + name(negated) + " (" + -negated + ")");
  }

  /// Returns the exception for a failed call on a path, of the type that `java.nio.file` would
  /// throw.
  public static IOException fileException(String call, String path, int negated) {
    String reason = call + ": " + name(negated) + " (" + -negated + ")";
    return switch (-negated) {
      case ErrnoH.ENOENT -> new NoSuchFileException(path, null, reason);
      case ErrnoH.EACCES, ErrnoH.EPERM -> new AccessDeniedException(path, null, reason);
      default -> new FileSystemException(path, null, reason);
    };
  }

  /// Returns the name of an error number.
  public static String name(int negated) {
    return switch (-negated) {
      case ErrnoH.EPERM -> "EPERM";
      case ErrnoH.ENOENT -> "ENOENT";
      case ErrnoH.ESRCH -> "ESRCH";
      case ErrnoH.EINTR -> "EINTR";
      case ErrnoH.EIO -> "EIO";
      case ErrnoH.ENXIO -> "ENXIO";
      case ErrnoH.EBADF -> "EBADF";
      case ErrnoH.EAGAIN -> "EAGAIN";
      case ErrnoH.ENOMEM -> "ENOMEM";
      case ErrnoH.EACCES -> "EACCES";
      case ErrnoH.EEXIST -> "EEXIST";
      case ErrnoH.EISDIR -> "EISDIR";
      case ErrnoH.EBUSY -> "EBUSY";
      case ErrnoH.EINVAL -> "EINVAL";
      case ErrnoH.ENFILE -> "ENFILE";
      case ErrnoH.EMFILE -> "EMFILE";
      case ErrnoH.ENOSPC -> "ENOSPC";
      case ErrnoH.EPIPE -> "EPIPE";
      case ErrnoH.ENOSYS -> "ENOSYS";
      case ErrnoH.EMSGSIZE -> "EMSGSIZE";
      case ErrnoH.EADDRINUSE -> "EADDRINUSE";
      case ErrnoH.EADDRNOTAVAIL -> "EADDRNOTAVAIL";
      case ErrnoH.ENETUNREACH -> "ENETUNREACH";
      case ErrnoH.EOPNOTSUPP -> "EOPNOTSUPP";
      case ErrnoH.ECONNABORTED -> "ECONNABORTED";
      case ErrnoH.ECONNRESET -> "ECONNRESET";
      case ErrnoH.ENOBUFS -> "ENOBUFS";
      case ErrnoH.ENOTCONN -> "ENOTCONN";
      case ErrnoH.ETIMEDOUT -> "ETIMEDOUT";
      case ErrnoH.ECONNREFUSED -> "ECONNREFUSED";
      case ErrnoH.EHOSTUNREACH -> "EHOSTUNREACH";
      default -> "error";
    };
  }
}
