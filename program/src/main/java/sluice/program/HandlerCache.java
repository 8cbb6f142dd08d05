package sluice.program;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A folder with the classes of handlers that were compiled before, so that javac need not run
/// again. It only ever saves time: whatever is wrong with it is as if it were empty.
///
/// Code is run from there, so the folder must belong to this user, and nobody else may write in it.
/// An entry is a SHA-256 over the rest, the number of classes, and the name and bytes of each.
final class HandlerCache {
  /// How many entries are kept, the newest.
  static final int ENTRIES_MAX = 32;

  private static final int ENTRY_BYTES_MAX = 16 * 1024 * 1024;
  private static final int DIGEST_BYTES = 32;
  private static final Set<PosixFilePermission> WRITE_BY_OTHERS =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private final Path folder;

  HandlerCache(Path folder) {
    this.folder = folder;
  }

  /// Returns the user's cache, or null if the environment names no place for it.
  ///
  /// See the [XDG specification](https://specifications.freedesktop.org/basedir-spec/latest/).
  static @Nullable HandlerCache ofUser(Map<String, String> environment) {
    String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
    String home = environment.getOrDefault("HOME", "");
    try {
      if (cache.startsWith("/")) { // a relative one is to be ignored
        return new HandlerCache(Path.of(cache, "sluice", "handlers"));
      }
      return home.startsWith("/")
          ? new HandlerCache(Path.of(home, ".cache", "sluice", "handlers"))
          : null;
    } catch (InvalidPathException _) {
      return null; // not a name in this locale
    }
  }

  /// Returns the name of the entry for all these texts.
  static String key(String... texts) {
    MessageDigest digest = sha256();
    for (String text : texts) {
      byte[] bytes = Text.utf8(text);
      digest.update(Text.utf8(bytes.length + ":")); // so that no two lists look the same
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /// Returns the classes of an entry, or null if there is none that is whole.
  @Nullable Map<String, byte[]> get(String key) {
    try {
      Path file = folder.resolve(key);
      if (!isOurs() || Files.size(file) > ENTRY_BYTES_MAX) {
        return null;
      }
      return decode(Files.readAllBytes(file));
    } catch (IOException _) {
      return null;
    }
  }

  /// Keeps classes, if that is possible.
  void put(String key, Map<String, byte[]> classes) {
    try {
      byte[] entry = encode(classes);
      if (entry.length > ENTRY_BYTES_MAX) {
        return;
      }
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      if (!isOurs()) {
        return;
      }
      Path written = Files.createTempFile(folder, key, ".tmp");
      Files.write(written, entry);
      Files.move(written, folder.resolve(key), StandardCopyOption.ATOMIC_MOVE);
      prune();
    } catch (IOException | UnsupportedOperationException _) {
      // The next start compiles again.
    }
  }

  private boolean isOurs() throws IOException {
    if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return false;
    }
    PosixFileAttributes found =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return found.isDirectory()
        && found.owner().getName().equals(System.getProperty("user.name"))
        && Collections.disjoint(found.permissions(), WRITE_BY_OTHERS);
  }

  private void prune() throws IOException {
    Map<Path, FileTime> files = new HashMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.toList()) {
        files.put(file, Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS));
      }
    }
    List<Path> oldest =
        files.entrySet().stream()
            .sorted(Map.Entry.comparingByValue())
            .limit(Math.max(0, files.size() - ENTRIES_MAX))
            .map(Map.Entry::getKey)
            .toList();
    for (Path file : oldest) {
      Files.deleteIfExists(file);
    }
  }

  private static byte[] encode(Map<String, byte[]> classes) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(body);
    out.writeInt(classes.size());
    for (Map.Entry<String, byte[]> one : classes.entrySet()) {
      out.writeUTF(one.getKey());
      out.writeInt(one.getValue().length);
      out.write(one.getValue());
    }
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    entry.writeBytes(sha256().digest(body.toByteArray()));
    body.writeTo(entry);
    return entry.toByteArray();
  }

  private static @Nullable Map<String, byte[]> decode(byte[] entry) throws IOException {
    if (entry.length < DIGEST_BYTES) {
      return null;
    }
    byte[] body = Arrays.copyOfRange(entry, DIGEST_BYTES, entry.length);
    if (!Arrays.equals(sha256().digest(body), Arrays.copyOf(entry, DIGEST_BYTES))) {
      return null;
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(body));
    Map<String, byte[]> classes = new TreeMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      classes.put(in.readUTF(), in.readNBytes(in.readInt()));
    }
    return classes;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
