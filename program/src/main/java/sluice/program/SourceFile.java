package sluice.program;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// A Java file that was named on the command line, compiled in memory.
final class SourceFile {
  private static final String EMPTY_MAIN = "\nvoid main() {}\n";

  private final Path path;
  private final Map<String, byte[]> classes = new HashMap<>();

  private SourceFile(Path path) {
    this.path = path;
  }

  /// Compiles a file and returns its classes.
  ///
  /// @throws Failure with what javac says, if it does not compile
  static Map<String, Class<?>> load(Path path) throws Failure {
    SourceFile file = new SourceFile(path);
    String source;
    try {
      source = Files.readString(path);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONFIGURATION, "cannot read the handler " + path + ": " + e.getMessage());
    }
    // A file without a type is a program to javac, and a program needs a main.
    List<String> problems = file.compile(source);
    if (!problems.isEmpty() && file.compile(source + EMPTY_MAIN).isEmpty()) {
      problems = List.of();
    }
    if (!problems.isEmpty()) {
      throw new Failure(
          ExitCode.CONFIGURATION, "the handler does not compile\n" + String.join("\n", problems));
    }
    return file.define();
  }

  private List<String> compile(String source) throws Failure {
    classes.clear();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "a handler in Java needs a JDK, and this is a runtime without a compiler; install a JDK 25"
              + " or set SLUICE_JAVA_HOME");
    }
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    JavaFileManager files =
        new Memory(compiler.getStandardFileManager(found, null, StandardCharsets.UTF_8));
    boolean done =
        compiler
            .getTask(null, files, found, options(), null, List.of(new Source(path, source)))
            .call();
    return done
        ? List.of()
        : found.getDiagnostics().stream().map(d -> d.toString().stripTrailing()).toList();
  }

  private static List<String> options() {
    String modules = System.getProperty("jdk.module.path");
    return modules == null
        ? List.of("-cp", System.getProperty("java.class.path"), "-proc:none")
        : List.of("-p", modules, "--add-modules", "sluice.server", "-proc:none");
  }

  private Map<String, Class<?>> define() throws Failure {
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

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(Path path, String text) {
      super(path.toUri(), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  /// Keeps the classes instead of writing them.
  private final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
    Memory(JavaFileManager standard) {
      super(standard);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("memory:///" + name + kind.extension), kind) {
        @Override
        public OutputStream openOutputStream() {
          return new ByteArrayOutputStream() {
            @Override
            public void close() {
              classes.put(name, toByteArray());
            }
          };
        }
      };
    }
  }
}
