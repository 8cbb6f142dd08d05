package sluice.program;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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

/// The compiler for handlers: javac, in memory.
final class Javac {
  private static final String EMPTY_MAIN = "\nvoid main() {}\n";

  private final JavaCompiler compiler;
  private final Path path;
  private final Map<String, byte[]> classes = new HashMap<>();

  private Javac(JavaCompiler compiler, Path path) {
    this.compiler = compiler;
    this.path = path;
  }

  /// Returns the classes by their names.
  ///
  /// @throws Failure with what javac says, if it does not compile
  static Map<String, byte[]> compile(Path path, String source) throws Failure {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "a handler in Java needs a JDK, and this is a runtime without a compiler; install a JDK 25"
              + " or set SLUICE_JAVA_HOME");
    }
    Javac javac = new Javac(compiler, path);
    List<String> problems = javac.problems(source);
    if (!problems.isEmpty()) {
      // A file without a type is a program to javac, and a program needs a main.
      List<String> others = javac.problems(source + EMPTY_MAIN);
      problems = others.size() < problems.size() ? others : problems;
    }
    if (!problems.isEmpty()) {
      throw new Failure(
          ExitCode.CONFIGURATION, "the handler does not compile\n" + String.join("\n", problems));
    }
    return javac.classes;
  }

  /// Returns the options, which decide what comes out as much as the source does.
  static List<String> options() {
    String modules = System.getProperty("jdk.module.path");
    return modules == null
        ? List.of("-cp", System.getProperty("java.class.path"), "-proc:none")
        : List.of("-p", modules, "--add-modules", "sluice.server", "-proc:none");
  }

  private List<String> problems(String source) {
    classes.clear();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    try (JavaFileManager files =
        new Memory(compiler.getStandardFileManager(found, null, StandardCharsets.UTF_8))) {
      boolean done =
          compiler
              .getTask(null, files, found, options(), null, List.of(new Source(path, source)))
              .call();
      return done
          ? List.of()
          : found.getDiagnostics().stream().map(d -> d.toString().stripTrailing()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
