package sluice.spi;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.Backend;
import sluice.StreamSocket;

/// The file of a Unix-domain listener, from bind to close. Thread-safe.
///
/// A file that a listener left behind when its process died would block the path for ever: it is
/// replaced, if connecting to it is refused. Nothing else is ever deleted: not what somebody
/// serves, not a file of another kind, and, at the end, not a file that took the place of ours.
///
/// Listeners of this process are bound one after the other. Of two processes that start at the same
/// moment, one can still take the other's file for one left behind: in the instant between
/// [bind(2)](https://man7.org/linux/man-pages/man2/bind.2.html) and
/// [listen(2)](https://man7.org/linux/man-pages/man2/listen.2.html), or between the last look at a
/// file and its deletion. No call does both at once.
public final class SocketFile {
  /// The mode of the file: whoever else shall connect is let in by a change of it.
  public static final int MODE = 0600;

  private static final String MODE_TEXT = "rw-------";

  /// Binds a socket to the address and listens.
  @FunctionalInterface
  public interface Binding {
    /// Returns false if there is a file at the path already.
    boolean bind() throws IOException;
  }

  private final Path path;
  private final @Nullable Entry own;

  private SocketFile(Path path, @Nullable Entry own) {
    this.path = path;
    this.own = own;
  }

  /// Binds, and once more if there was a file that was left behind.
  ///
  /// @throws BindException if there is a file at the path that is not replaced; says which
  public static synchronized SocketFile bind(
      Backend backend, UnixDomainSocketAddress address, Binding binding) throws IOException {
    Path path = address.getPath();
    if (!binding.bind()) {
      removeStale(backend, address);
      if (!binding.bind()) {
        throw refusal(address, "address already in use");
      }
    }
    return new SocketFile(path, Entry.at(path));
  }

  private static void removeStale(Backend backend, UnixDomainSocketAddress address)
      throws IOException {
    Path path = address.getPath();
    Entry found = Entry.at(path);
    if (found == null) {
      return;
    }
    if (!found.isSocket()) {
      throw refusal(
          address, "there is " + found.kind() + " at this path already, which is not deleted");
    }
    if (isServed(backend, address)) {
      throw refusal(address, "address already in use");
    }
    if (!found.equals(Entry.at(path))) {
      return; // somebody else was faster
    }
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw refusal(address, "a dead socket is at this path and cannot be deleted: " + e);
    }
  }

  /// Only a refusal says that nobody listens: a full backlog or a lack of permission does not.
  private static boolean isServed(Backend backend, UnixDomainSocketAddress address) {
    try (StreamSocket probe = backend.connect(address)) {
      boolean _ = probe.finishConnect();
      return true;
    } catch (ConnectException _) {
      return false;
    } catch (IOException _) {
      return true;
    }
  }

  private static BindException refusal(UnixDomainSocketAddress address, String why) {
    return new BindException("listen on " + Addresses.format(address) + ": " + why);
  }

  /// Sets [#MODE] on a file that is bound already, where files have a mode: for a backend that
  /// cannot set it before.
  public static void makePrivate(UnixDomainSocketAddress address) throws IOException {
    Path path = address.getPath();
    if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Path _ = Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(MODE_TEXT));
    }
  }

  /// Deletes the file if it is still ours. To be called before the socket is closed: while that
  /// keeps the inode, no other file can get its number.
  public void remove() {
    try {
      Entry now = Entry.at(path);
      if (own != null && now != null && own.isSameFile(now)) {
        Files.deleteIfExists(path);
      }
    } catch (IOException _) {
      // The next listener on this path replaces it.
    }
  }

  /// What is at a path; symbolic links are not followed.
  ///
  /// @param key the device and the number of the inode
  /// @param changed tells a file from an earlier one with the same key
  private record Entry(int mode, Object key, Object changed) {

    // See inode(7): https://man7.org/linux/man-pages/man7/inode.7.html
    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;
    private static final int S_IFLNK = 0120000;
    private static final int S_IFREG = 0100000;
    private static final int S_IFDIR = 0040000;

    /// Returns what is there, or null if nothing is or the system cannot tell.
    static @Nullable Entry at(Path path) throws IOException {
      if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
        return null;
      }
      try {
        return new Entry(
            (int) attribute(path, "mode"), attribute(path, "fileKey"), attribute(path, "ctime"));
      } catch (NoSuchFileException _) {
        return null;
      }
    }

    private static Object attribute(Path path, String name) throws IOException {
      return Objects.requireNonNull(
          Files.getAttribute(path, "unix:" + name, LinkOption.NOFOLLOW_LINKS));
    }

    boolean isSocket() {
      return (mode & S_IFMT) == S_IFSOCK;
    }

    boolean isSameFile(Entry other) {
      return key.equals(other.key);
    }

    String kind() {
      return switch (mode & S_IFMT) {
        case S_IFREG -> "a regular file";
        case S_IFDIR -> "a directory";
        case S_IFLNK -> "a symbolic link";
        default -> "a file that is no socket";
      };
    }
  }
}
