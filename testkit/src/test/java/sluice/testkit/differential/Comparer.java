package sluice.testkit.differential;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import sluice.Backend;

/// Compares the answers of one backend with those of the control.
final class Comparer {
  /// Of a wait in a script from which steps were taken away: most of them can never end.
  private static final Duration LIMIT = Duration.ofMillis(200);

  private final Path program;
  private final Backend backend;

  Comparer(Path program, Backend backend) {
    this.program = program;
    this.backend = backend;
  }

  /// Tells whether the answers are right. NIO has been refused the exceptional set, and answers
  /// nothing about it.
  boolean same(Script script, String expected, String answers) {
    if (expected.contains("failed")) {
      return false;
    }
    if (!backend.name().equals("nio")) {
      return answers.equals(expected);
    }
    if (script.row() != null && script.row().onNio() != null) {
      return answers.equals(script.row().onNio());
    }
    return answers.equals(
        Stream.of(expected.split("; "))
            .map(answer -> answer.replaceFirst("\\|[0-9,]*$", "|-"))
            .collect(Collectors.joining("; ")));
  }

  /// Prints a difference, and the shortest script that still has it. That needs a thread of its
  /// own: `select` remembers what the thread has asked before.
  void report(Script script, String expected, String answers) throws Exception {
    System.out.println("FAIL " + backend.name() + ": " + script.text());
    System.out.println("  CPython: " + expected);
    System.out.println("  Sluice:  " + answers);
    try (Control control = new Control(program);
        Interpreter interpreter = new Interpreter(backend);
        ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      if (differs(script, control, interpreter, threads)) {
        String shortest = shrink(script, control, interpreter, threads);
        System.out.println("  replay:  build-support/differential --replay '" + shortest + "'");
      } else {
        System.out.println("  It does not differ alone: the scripts before it matter.");
      }
    }
  }

  private String shrink(
      Script script, Control control, Interpreter interpreter, ExecutorService threads)
      throws Exception {
    List<String> steps = new ArrayList<>(Arrays.asList(script.steps()));
    for (int i = steps.size() - 1; i >= 0; i--) {
      String step = steps.remove(i);
      Script shorter = new Script(String.join("; ", steps), script.row(), script.portable());
      if (!differs(shorter, control, interpreter, threads)) {
        steps.add(i, step);
      }
    }
    return String.join("; ", steps);
  }

  private boolean differs(
      Script script, Control control, Interpreter interpreter, ExecutorService threads)
      throws Exception {
    String expected = control.run(script, LIMIT);
    return !expected.contains("failed")
        && !same(script, expected, threads.submit(() -> interpreter.run(script, LIMIT)).get());
  }
}
