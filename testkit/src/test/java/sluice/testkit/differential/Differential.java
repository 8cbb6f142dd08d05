package sluice.testkit.differential;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import sluice.Backend;

/// Runs the same scripts with CPython's `select` and on every backend, and compares the answers:
/// `CONTROL [--scripts N] [--seed S]`, or `CONTROL --replay SCRIPT`. Ends with 1 at a difference.
public final class Differential {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /// Each state is reached at least so often for 10,000 scripts.
  private static final int ROW_SHARE = 100;

  private static final int FAILED_MAX = 3;

  private static final Set<String> GIVES_ANSWER = Set.of("read", "receive", "takeurgent", "select");

  private static final List<String> BACKENDS = List.of("epoll", "nio");

  private final Path program;
  private int scripts = 10_000;
  private long seed = 1;
  private final Watchdog watchdog = Watchdog.start();
  private boolean good = true;

  private Differential(Path program) {
    this.program = program;
  }

  /// Runs the program.
  public static void main(String... arguments) throws Exception {
    Differential differential = new Differential(Path.of(arguments[0]));
    String replay = "";
    for (int i = 1; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--scripts" -> differential.scripts = Integer.parseInt(arguments[i + 1]);
        case "--seed" -> differential.seed = Long.parseLong(arguments[i + 1]);
        case "--replay" -> replay = arguments[i + 1];
        default -> usage();
      }
    }
    if (arguments.length % 2 == 0) {
      usage();
    }
    if (replay.isEmpty()) {
      differential.runAll();
    } else {
      differential.replay(new Script(replay, null, true));
    }
    System.exit(differential.good ? 0 : 1);
  }

  private static void usage() {
    System.err.println("usage: differential [--scripts N] [--seed S] | --replay SCRIPT");
    System.exit(64);
  }

  private List<Script> generate() {
    List<Script> all = new ArrayList<>();
    for (int i = 0; i < scripts; i++) {
      all.add(new Generator(mix(i)).random());
    }
    int times = Math.max(1, scripts * ROW_SHARE / 10_000);
    for (int i = 0; i < times; i++) {
      for (Rows.Row row : Rows.ALL) {
        all.add(new Generator(mix(all.size())).of(row));
      }
    }
    return all;
  }

  private long mix(long index) {
    return seed * 0x9E3779B97F4A7C15L + index;
  }

  private void runAll() throws Exception {
    List<Script> all = generate();
    System.out.printf(
        "%d random scripts, seed %d; %d of states%n", scripts, seed, all.size() - scripts);
    Map<String, Integer> steps = new TreeMap<>();
    all.forEach(script -> script.verbs().forEach(verb -> steps.merge(verb, 1, Integer::sum)));
    System.out.println("steps: " + steps);
    try (Control control = new Control(program)) {
      // Beside the first backend: it is another process.
      CompletableFuture<List<String>> expected =
          CompletableFuture.supplyAsync(() -> control(control, all));
      for (String name : BACKENDS) {
        Backend backend = Backend.of(name);
        List<String> answers = run(backend, all);
        compare(backend, all, expected.join(), answers);
      }
      countRows(all, expected.join());
    }
  }

  private static List<String> control(Control control, List<Script> all) {
    try {
      List<String> answers = new ArrayList<>();
      for (Script script : all) {
        answers.add(control.run(script, LIMIT));
      }
      return answers;
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  /// Returns the answers, empty to the scripts that the backend cannot run, and to the rest when
  /// some have failed: each of those has waited for long.
  private List<String> run(Backend backend, List<Script> all) throws Exception {
    long start = System.nanoTime();
    List<String> answers = new ArrayList<>();
    int ran = 0;
    int failed = 0;
    try (Interpreter interpreter = new Interpreter(backend)) {
      for (Script script : all) {
        if (failed == FAILED_MAX || !canRun(backend, script)) {
          answers.add("");
          continue;
        }
        watchdog.see(script);
        String answer = interpreter.run(script, LIMIT);
        answers.add(answer);
        ran++;
        failed += answer.contains("failed") ? 1 : 0;
      }
      watchdog.see(null);
      Asker asker = interpreter.asker();
      System.out.printf(
          "%s: %d scripts, %d answers, %d refusals of the exceptional set, %.1f s%n",
          backend.name(),
          ran,
          asker.answers(),
          asker.refusals(),
          (System.nanoTime() - start) / 1e9);
    }
    return answers;
  }

  private static boolean canRun(Backend backend, Script script) {
    if (!backend.name().equals("nio") || script.portable()) {
      return true;
    }
    try {
      throw new IllegalStateException("not refused: " + backend.descriptors());
    } catch (UnsupportedOperationException _) {
      return false;
    }
  }

  private void compare(
      Backend backend, List<Script> all, List<String> expected, List<String> answers)
      throws Exception {
    Comparer comparer = new Comparer(program, backend);
    int differences = 0;
    for (int i = 0; i < all.size(); i++) {
      boolean ran = !answers.get(i).isEmpty();
      if (ran && !comparer.same(all.get(i), expected.get(i), answers.get(i))) {
        if (differences++ == 0) {
          comparer.report(all.get(i), expected.get(i), answers.get(i));
        }
      }
    }
    System.out.printf("%s: %d scripts differ%n", backend.name(), differences);
    good &= differences == 0;
  }

  /// Prints how often each state was reached, and checks the table itself.
  private void countRows(List<Script> all, List<String> expected) {
    Map<Rows.Row, Integer> counts = new LinkedHashMap<>();
    for (int i = 0; i < all.size(); i++) {
      Rows.Row row = all.get(i).row();
      if (row != null) {
        String answer = answerToRow(all.get(i), expected.get(i));
        if (answer.equals(row.answer())) {
          counts.merge(row, 1, Integer::sum);
        } else {
          good = false;
          System.out.printf("FAIL state %s: %s, not %s%n", row.state(), answer, row.answer());
        }
      }
    }
    System.out.println("times the state was reached, r|w|x");
    counts.forEach((row, n) -> System.out.printf("%5d %-34s %s%n", n, row.state(), row.answer()));
  }

  private static String answerToRow(Script script, String answers) {
    int before = 0;
    for (String verb : script.verbs()) {
      if (verb.equals("row")) {
        break;
      }
      before += GIVES_ANSWER.contains(verb) ? 1 : 0;
    }
    List<String> all = List.of(answers.split("; ", -1));
    return before < all.size() ? all.get(before) : answers;
  }

  private void replay(Script script) throws Exception {
    try (Control control = new Control(program)) {
      String expected = control.run(script, LIMIT);
      System.out.println("CPython: " + expected);
      for (String name : BACKENDS) {
        Backend backend = Backend.of(name);
        try (Interpreter interpreter = new Interpreter(backend)) {
          String answers = interpreter.run(script, LIMIT);
          System.out.println(name + ": " + answers);
          good &=
              answers.contains(UnsupportedOperationException.class.getName())
                  || new Comparer(program, backend).same(script, expected, answers);
        }
      }
    }
  }
}
