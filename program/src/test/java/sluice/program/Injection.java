package sluice.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// strace, which makes system calls fail that the kernel then never sees. Unlike a preloaded
/// library it also reaches calls that Java makes by itself
/// ([strace(1)](https://man7.org/linux/man-pages/man1/strace.1.html), "Tampering").
final class Injection implements AutoCloseable {
  private static final String INJECTED = "(INJECTED)";
  private static final int WAIT_SECONDS = 5;

  private final Process strace;
  private final Path log;

  private Injection(Process strace, Path log) {
    this.strace = strace;
    this.log = log;
  }

  private static List<String> strace(String call, String errno, String when, String... options) {
    List<String> command = new ArrayList<>(List.of("strace", "-qq", "-ttt"));
    command.addAll(List.of(options));
    command.addAll(
        List.of("-e", "trace=" + call, "-e", "inject=%s:error=%s%s".formatted(call, errno, when)));
    return command;
  }

  /// Returns a command that starts `builder`'s and fails each such call of it from its start on.
  static ProcessBuilder fromStart(ProcessBuilder builder, String call, String errno, Path log) {
    builder
        .command()
        .addAll(0, strace(call, errno, "", "-f", "--seccomp-bpf", "-o", log.toString()));
    return builder;
  }

  /// Makes the next `count` such calls of one thread fail. Other threads, which load classes and
  /// write the log with the same calls, are left alone.
  static Injection into(
      Program program, String thread, String call, String errno, int count, Path log)
      throws Exception {
    long id = threadId(program, thread);
    List<String> command =
        strace(call, errno, ":when=1.." + count, "-o", log.toString(), "-p", String.valueOf(id));
    Process strace = new ProcessBuilder(command).redirectErrorStream(true).start();
    Path status = Path.of("/proc/" + program.pid() + "/task/" + id + "/status");
    while (Files.readString(status).contains("TracerPid:\t0\n")) {
      assertThat(strace.isAlive()).as("strace may attach to the loop").isTrue();
      Thread.onSpinWait();
    }
    return new Injection(strace, log);
  }

  private static long threadId(Program program, String name) throws IOException {
    try (var tasks = Files.newDirectoryStream(Path.of("/proc/" + program.pid() + "/task"))) {
      for (Path task : tasks) {
        if (Files.readString(task.resolve("comm")).strip().equals(name)) {
          return Long.parseLong(task.getFileName().toString());
        }
      }
    }
    throw new AssertionError("no thread " + name);
  }

  /// Waits until a call was made to fail, or not much longer than that can take.
  void await() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
    while (calls().stream().noneMatch(Injection::isInjected) && System.nanoTime() < end) {
      Thread.sleep(1);
    }
  }

  /// Ends the failures.
  @Override
  public void close() {
    strace.destroy(); // by TERM, on which it detaches
    try {
      assertThat(strace.waitFor(30, TimeUnit.SECONDS)).as("strace has ended").isTrue();
    } catch (InterruptedException e) {
      strace.destroyForcibly();
      throw new AssertionError(e);
    }
  }

  /// Returns the calls, as strace writes them; complete after [#close] only.
  List<String> calls() throws IOException {
    return calls(log);
  }

  /// The same of a log from [#fromStart].
  static List<String> calls(Path log) throws IOException {
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  /// Tells whether a call was made to fail.
  static boolean isInjected(String call) {
    return call.endsWith(INJECTED);
  }

  /// Returns when a call was made, in seconds.
  static double time(String call) {
    return Double.parseDouble(call.replaceAll("^(?:\\d+ +)?(\\d+\\.\\d+) .*", "$1"));
  }
}
