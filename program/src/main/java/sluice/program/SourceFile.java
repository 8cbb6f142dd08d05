package sluice.program;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import sluice.server.ConnectionHandler;

/// A Java file that was named on the command line, and its classes: those in the cache, or else
/// those that the compiler makes of it.
final class SourceFile {
  /// Makes classes of a source, by their names.
  @FunctionalInterface
  interface Compiler {
    Map<String, byte[]> compile(Path path, String source) throws Failure;
  }

  private SourceFile() {}

  /// Loads the classes of a file.
  ///
  /// @throws Failure if it cannot be read or does not compile
  static Map<String, Class<?>> load(Path path, @Nullable HandlerCache cache, Compiler compiler)
      throws Failure {
    String source = read(path);
    if (cache == null) {
      return define(path, compiler.compile(path, source));
    }
    String key = key(path, source);
    Map<String, byte[]> classes = cache.get(key);
    if (classes == null) {
      classes = compiler.compile(path, source);
      cache.put(key, classes);
    }
    return define(path, classes);
  }

  private static String read(Path path) throws Failure {
    try {
      return Files.readString(path);
    } catch (NoSuchFileException _) {
      throw unreadable(path, "there is no such file");
    } catch (AccessDeniedException _) {
      throw unreadable(path, "permission denied");
    } catch (CharacterCodingException _) {
      throw unreadable(path, "it is not UTF-8");
    } catch (IOException e) {
      throw unreadable(path, e.getMessage());
    }
  }

  private static Failure unreadable(Path path, @Nullable String why) {
    return new Failure(ExitCode.CONFIGURATION, "cannot read the handler " + path + ": " + why);
  }

  /// The name of the file is part of it: a file without a type is a class of that name.
  private static String key(Path path, String source) {
    return HandlerCache.key(
        source,
        String.valueOf(path.getFileName()),
        Runtime.version().toString(),
        Build.version(),
        builtAt(),
        String.join("\0", Javac.options()));
  }

  /// A build from a checkout changes what handlers are compiled against, but not the version.
  private static String builtAt() {
    try {
      Path server =
          Path.of(
              ConnectionHandler.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.getLastModifiedTime(server).toString();
    } catch (IOException | java.net.URISyntaxException e) {
      return e.toString();
    }
  }

  private static Map<String, Class<?>> define(Path path, Map<String, byte[]> classes)
      throws Failure {
    ClassLoader loader =
        new ClassLoader("handler", SourceFile.class.getClassLoader()) {
          @Override
          protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = classes.get(name);
            if (bytes == null) {
              throw new ClassNotFoundException(name);
            }
            return defineClass(name, bytes, 0, bytes.length);
          }
        };
    Map<String, Class<?>> loaded = new HashMap<>();
    for (String name : classes.keySet()) {
      try {
        loaded.put(name, loader.loadClass(name));
      } catch (ClassNotFoundException | LinkageError e) {
        throw new Failure(ExitCode.CONFIGURATION, "cannot load " + name + " of " + path + ": " + e);
      }
    }
    return loaded;
  }
}
