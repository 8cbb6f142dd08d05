package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The program as a user starts it: the launcher, a process, its lines of standard error.
final class Program implements AutoCloseable {
  static final Path ROOT = Path.of(System.getProperty("sluice.root"));

  /// What `doctor` has said, once for all tests; empty before.
  private static List<String> diagnosis = List.of();

  private static final String LIMITS = "info server.limits ";

  private final Process process;
  private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final Thread reader;
  private volatile String limits = "";

  private Program(ProcessBuilder builder, boolean piped) throws IOException {
    builder.redirectErrorStream(!piped);
    process = builder.start();
    InputStream source = piped ? process.getErrorStream() : process.getInputStream();
    reader =
        Thread.ofVirtual()
            .start(() -> {
              try (BufferedReader in = decode(source)) {
                in.lines().forEach(this::take);
              } catch (IOException | UncheckedIOException _) {
                // the program was ended
              }
            });
  }

  private void take(String line) {
    if (line.startsWith(LIMITS)) {
      limits = line;
    } else {
      lines.add(line);
    }
  }

  /// Returns the line that says what clients may do; empty if it has not come. It comes before that
  /// of a listener, and no test has to expect it.
  String limits() {
    return limits;
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
    return new Program(within("exec \"$@\" " + redirections, arguments), false);
  }

  /// Returns a shell that runs a script, in which `"$@"` is `./sluice` with its arguments.
  static ProcessBuilder within(String script, String... arguments) {
    ProcessBuilder builder = sluice(arguments);
    builder.command().addAll(0, List.of("sh", "-c", script, "sh"));
    return builder;
  }

  /// Returns the same on a terminal of its own: what is written to it is typed there, and what is
  /// read from it is on the screen.
  static ProcessBuilder onTerminal(String script, String... arguments) {
    ProcessBuilder builder = sluice(arguments);
    String words = String.join("' '", builder.command());
    builder.command("script", "-qec", "set -- '" + words + "'; " + script, "/dev/null");
    builder.environment().put("SHELL", "/bin/sh");
    return builder;
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

  /// Starts a command with its standard output apart and unread.
  static Program runPiped(ProcessBuilder builder) throws IOException {
    return new Program(builder, true);
  }

  /// Returns where to write to the program.
  OutputStream standardInput() {
    return process.getOutputStream();
  }

  /// Returns the standard output of [#startPiped] as text.
  BufferedReader standardOutput() {
    return decode(standardOutputBytes());
  }

  /// Returns the standard output of [#startPiped].
  InputStream standardOutputBytes() {
    return process.getInputStream();
  }

  /// Skips the test with one line if a command is missing; fails under `SLUICE_REQUIRE_ALL=1`.
  static void require(String command, String debianPackage) throws InterruptedException {
    try {
      assertThat(new ProcessBuilder(command, "--version").start().waitFor()).isZero();
    } catch (IOException _) {
      String missing = "no " + command + ", install " + debianPackage;
      if ("1".equals(System.getenv("SLUICE_REQUIRE_ALL"))) {
        throw new AssertionError(missing);
      }
      skip(missing);
    }
  }

  /// Skips the test with one line.
  static void skip(String why) {
    System.out.println("skipped: " + why);
    abort(why);
  }

  /// [#require] for a backend that the system refuses, as the program itself says.
  static synchronized void requireBackend(String name) throws IOException, InterruptedException {
    if (diagnosis.isEmpty()) {
      try (Program doctor = start("doctor")) {
        assertThat(doctor.exitCode()).isZero();
        diagnosis = doctor.remainingLines();
      }
    }
    for (String line : diagnosis) {
      if (line.startsWith("backend " + name + ": cannot run here")) {
        assertThat(System.getenv("SLUICE_REQUIRE_ALL")).as(line).isNotEqualTo("1");
        skip(line);
      }
    }
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

  /// Returns the next line, or null if there is none for so long.
  @Nullable String lineWithin(Duration timeout) throws InterruptedException {
    return lines.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
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

  /// Waits for the end, with `exitCode` and one line that has all `parts`.
  void expectFailure(int exitCode, String... parts) throws InterruptedException {
    assertThat(exitCode()).isEqualTo(exitCode);
    assertThat(remainingLines()).hasSize(1);
    assertThat(line()).startsWith("sluice: ").contains(parts);
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
    return Long.parseLong(proc("status", "VmHWM").replaceAll("\\D", ""));
  }

  /// Returns how long its threads have run so far, in all.
  Duration processorTime() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  /// Returns what the kernel says in a file of `/proc/PID` after `NAME:`.
  String proc(String file, String name) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid(), file)).stream()
        .filter(l -> l.startsWith(name + ":"))
        .map(l -> l.substring(name.length() + 1).strip())
        .findFirst()
        .orElseThrow();
  }

  long pid() {
    return process.pid();
  }

  /// Returns the processor time that its first loop has taken, in ticks: its own, and the kernel's
  /// for it. Threads that compile, and take longer where there is little time, do not count.
  long[] loopTicks() throws IOException {
    try (var tasks = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path task : tasks.toList()) {
        if (Files.readString(task.resolve("comm")).startsWith("sluice-loop-0")) {
          String line = Files.readString(task.resolve("stat"));
          String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
          return new long[] {Long.parseLong(fields[11]), Long.parseLong(fields[12])};
        }
      }
    }
    throw new IOException("the server has no loop");
  }

  int descriptors() throws IOException {
    try (var open = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      return (int) open.count();
    }
  }

  /// Waits until it has so many, or fails after a while.
  void awaitDescriptors(int expected) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (descriptors() != expected && System.nanoTime() < end) {
      Thread.sleep(10);
    }
    assertThat(descriptors()).as("descriptors").isEqualTo(expected);
  }

  int threads() throws IOException {
    try (var tasks = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      return (int) tasks.count();
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly); // which a tracer leaves alive
    process.destroyForcibly().onExit().join();
  }
}
