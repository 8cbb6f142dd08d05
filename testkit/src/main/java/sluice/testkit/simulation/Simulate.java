package sluice.testkit.simulation;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import sluice.internal.loop.SystemHost;

/// Runs many histories and prints what they were like: `--histories N --from SEED`, those of a file
/// of seeds first; or one again: `--seed X [--trace]`, or `--replay` with the line of a failure.
/// Ends with 1 if a check failed.
public final class Simulate {
  private static final String USAGE =
      """
      usage: simulate [--histories N] [--from SEED] [--threads N] [--until-failure] [--first FILE]
             simulate --check-hashes N [--from SEED]
             simulate --seed SEED [--clients N] [--steps N] [--without FAULT,...] [--trace]
             simulate --replay LINE\
      """;

  private static final String COMMAND = "build-support/simulate ";
  private static final int FAILURES_MAX = 10;

  /// In so many histories every fault must have happened, and every reason closed a client.
  private static final int COVERAGE_MIN = 50_000;

  private long histories = 10_000;
  private long from = 1;
  private int threads = Runtime.getRuntime().availableProcessors();
  private int failuresMax = FAILURES_MAX;
  private boolean one;
  private boolean trace;

  private boolean checkHashes;
  private Masks masks = Masks.NONE;
  private @Nullable Path first;

  private Simulate() {}

  /// Runs the program.
  public static void main(String... arguments) throws IOException {
    Simulate simulate = new Simulate();
    try {
      simulate.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("simulate: " + e.getMessage() + "\n" + USAGE);
      System.exit(64);
    }
    System.exit(simulate.run(System.out) ? 0 : 1);
  }

  private boolean run(PrintStream out) throws IOException {
    if (one) {
      return replay(out);
    }
    if (checkHashes) {
      return compareHashes(out);
    }
    boolean good = runFirst(out);
    return runAll(out) && good;
  }

  /// Runs those that have failed before.
  private boolean runFirst(PrintStream out) throws IOException {
    Path file = first;
    boolean good = true;
    for (String line : file == null ? List.<String>of() : Files.readAllLines(file)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        History history = Simulation.run(seed(line.trim()), null);
        report(out, history, Masks.NONE);
        good &= history.violation() == null;
      }
    }
    return good;
  }

  private boolean compareHashes(PrintStream out) {
    int different = 0;
    for (long seed = from; seed < from + histories; seed++) {
      History once = Simulation.run(seed, null);
      if (!once.equals(Simulation.run(seed, null))) {
        out.printf("FAIL seed=0x%x check=hash%n", seed);
        different++;
      }
    }
    out.printf("histories=%d each=2 different=%d%n", histories, different);
    return different == 0;
  }

  private void parse(String... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      String option = arguments[i];
      if (option.equals("--trace")) {
        trace = true;
        continue;
      }
      if (option.equals("--until-failure")) {
        failuresMax = 1;
        continue;
      }
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException("unknown option, or no value for it: " + option);
      }
      String value = arguments[++i];
      switch (option) {
        case "--check-hashes" -> {
          checkHashes = true;
          histories = Long.decode(value);
        }
        case "--first" -> first = Path.of(value);
        case "--replay" -> {
          String command = value.substring(value.indexOf(COMMAND) + COMMAND.length());
          parse(command.trim().split(" +"));
        }
        case "--histories" -> histories = Long.decode(value);
        case "--from" -> from = seed(value);
        case "--threads" -> threads = Integer.parseInt(value);
        case "--seed" -> {
          one = true;
          from = seed(value);
        }
        default -> masks = masks.with(option, value);
      }
    }
  }

  private static long seed(String text) {
    return text.startsWith("0x")
        ? Long.parseUnsignedLong(text, 2, text.length(), 16)
        : Long.parseLong(text);
  }

  private boolean replay(PrintStream out) {
    History history = Simulation.run(from, masks, trace ? out : null);
    out.printf(
        "seed=0x%x hash=0x%016x clients=%d operations=%d bytes=%d turns=%d%n",
        history.seed(),
        history.hash(),
        history.clients(),
        history.operations(),
        history.bytes(),
        history.turns());
    report(out, history, masks);
    return history.violation() == null;
  }

  /// Prints the line of a history that failed.
  private static void report(PrintStream out, History history, Masks masks) {
    Violation violation = history.violation();
    if (violation != null) {
      out.printf(
          "FAIL seed=0x%x check=%s turn=%d client=%s detail=\"%s\""
              + " replay: %s--seed 0x%x%s --trace%n",
          history.seed(),
          violation.check(),
          history.turns(),
          violation.client() < 0 ? "-" : String.valueOf(violation.client()),
          violation.detail(),
          COMMAND,
          history.seed(),
          masks.options());
    }
  }

  private boolean runAll(PrintStream out) {
    Tally tally = new Tally((int) histories);
    AtomicInteger next = new AtomicInteger();
    long start = SystemHost.INSTANCE.nanoTime();
    try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        workers.execute(() -> work(tally, next));
      }
    }
    double seconds = (SystemHost.INSTANCE.nanoTime() - start) / 1e9;
    tally.failed.forEach(history -> report(out, history, Shrink.of(history, Masks.NONE)));
    boolean allFaults = tally.print(out, Math.min(next.get(), (int) histories), seconds);
    return tally.failed.isEmpty() && (allFaults || histories < COVERAGE_MIN);
  }

  private void work(Tally tally, AtomicInteger next) {
    int index = next.getAndIncrement();
    while (index < histories && tally.failed.size() < failuresMax) {
      tally.add(index, Simulation.run(from + index, null));
      index = next.getAndIncrement();
    }
  }
}
