package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The program as a user starts it: the launcher, a process, its lines of standard error.
final class Program implements AutoCloseable {
  static final Path ROOT = Path.of(System.getProperty("sluice.root"));

  private final Process process;
  private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final Thread reader;

  private Program(ProcessBuilder builder, boolean piped) throws IOException {
    builder.redirectErrorStream(!piped);
    process = builder.start();
    InputStream source = piped ? process.getErrorStream() : process.getInputStream();
    reader =
        Thread.ofVirtual()
            .start(() -> {
              try (BufferedReader in = decode(source)) {
                in.lines().forEach(lines::add);
              } catch (IOException | UncheckedIOException _) {
                // the program was ended
              }
            });
  }

  private static BufferedReader decode(InputStream in) {
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  /// Returns `./sluice`, yet to be started.
  static ProcessBuilder sluice(String... arguments) {
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("sluice").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("SLUICE_NO_BUILD", "1");
    builder.environment().put("SLUICE_JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("XDG_CACHE_HOME", ROOT.resolve("program/target/cache").toString());
    return builder;
  }

  /// Starts `./sluice`, built already by this very build.
  static Program start(String... arguments) throws IOException {
    return new Program(sluice(arguments), false);
  }

  /// Starts `./sluice` with the shell's words for redirections after it.
  static Program startRedirected(String redirections, String... arguments) throws IOException {
    ProcessBuilder builder = sluice(arguments);
    builder.command().addAll(0, List.of("sh", "-c", "exec \"$@\" " + redirections, "sh"));
    return new Program(builder, false);
  }

  /// Starts `./sluice` under a locale.
  static Program startIn(String locale, String... arguments) throws IOException {
    ProcessBuilder builder = sluice(arguments);
    builder.environment().put("LANG", locale);
    builder.environment().put("LC_ALL", locale);
    return new Program(builder, false);
  }

  /// Starts `./sluice` with its standard output apart and unread.
  static Program startPiped(String... arguments) throws IOException {
    return new Program(sluice(arguments), true);
  }

  /// Returns the standard output of [#startPiped].
  BufferedReader standardOutput() {
    return decode(process.getInputStream());
  }

  /// Starts any command.
  static Program run(ProcessBuilder builder) throws IOException {
    return new Program(builder, false);
  }

  /// Returns the next line, or fails after a while.
  String line() throws InterruptedException {
    String line = lines.poll(60, TimeUnit.SECONDS);
    assertThat(line).as("a line of output").isNotNull();
    return line;
  }

  /// Waits for the line of the listener and returns its port.
  int port() throws InterruptedException {
    String line = line();
    while (!line.contains("server.ready")) {
      line = line();
    }
    return Integer.parseInt(line.replaceAll(".*address=\\S+:(\\d+) .*", "$1"));
  }

  /// Waits for the end and returns the exit code.
  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the program has ended").isTrue();
    reader.join();
    return process.exitValue();
  }

  List<String> remainingLines() {
    return List.copyOf(lines);
  }

  /// Sends a signal.
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /// Returns the peak resident memory so far, in KiB.
  long peakKibibytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(l -> l.startsWith("VmHWM:"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  int threads() throws IOException {
    try (var tasks = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      return (int) tasks.count();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
